export { AudioModel, type AudioModelOptions } from './audioModel.ts';
export { BlockStream } from './blockStream.ts';
export { type Parcel, packModel, unpackModel } from './parcel.ts';
