// Modules that the build writes, each with a file as text: what types are checked with where nothing was built.
declare module '*/generated/simd.ts' {
  const text: string;
  export default text;
}
declare module '*/generated/relaxed.ts' {
  const text: string;
  export default text;
}
declare module '*/generated/checked.ts' {
  const text: string;
  export default text;
}
declare module '*/generated/simd-core.ts' {
  const text: string;
  export default text;
}
declare module '*/generated/relaxed-core.ts' {
  const text: string;
  export default text;
}
declare module '*/generated/simd-inference.ts' {
  const text: string;
  export default text;
}
declare module '*/generated/relaxed-inference.ts' {
  const text: string;
  export default text;
}
declare module '*/generated/simd-quant.ts' {
  const text: string;
  export default text;
}
declare module '*/generated/relaxed-quant.ts' {
  const text: string;
  export default text;
}
declare module '*/generated/checked-quant.ts' {
  const text: string;
  export default text;
}
declare module '*/generated/threadHost.ts' {
  const text: string;
  export default text;
}
declare module '*/generated/host.ts' {
  const text: string;
  export default text;
}
declare module '*/generated/processor.ts' {
  const text: string;
  export default text;
}
