import { FormatError } from '../../errors.ts';
import { decode } from './decode.ts';
import { checkCaptures, type OnnxFunction, type OnnxGraph, readGraph, readOpsets } from './graph.ts';

/** What an ONNX file says. */
export interface OnnxModel {
  /** Bytes of the file. */
  readonly bytes: number;
  /** Version of the file format. */
  readonly irVersion: number;
  /** The program that wrote it, such as 'pytorch 2.3.0'. */
  readonly producer: string;
  /** Versions of the operator sets by domain; '' is ONNX's own. */
  readonly opsets: ReadonlyMap<string, number>;
  /** Metadata by key. */
  readonly metadata: ReadonlyMap<string, string>;
  /** The main graph. */
  readonly graph: OnnxGraph;
  /** By `domain:name`. */
  readonly functions: ReadonlyMap<string, OnnxFunction>;
}

/** Opsets of ONNX that are read. */
const OLDEST = 6;
export const NEWEST = 28;

/**
 * Reads an ONNX file.
 * @throws {FormatError} bytes that are no ONNX file, or one that refers to other files, sparse tensors, other opsets
 */
export function readOnnx(bytes: Uint8Array): OnnxModel {
  const model = decode(bytes);
  if (!model.graph) throw new FormatError('not an ONNX file: it has no graph');
  const opsets = readOpsets(model.opsetImport);
  const opset = opsets.get('') ?? (opsets.size ? NEWEST : 0);
  if (!(opset >= OLDEST && opset <= NEWEST)) {
    throw new FormatError(`opset ${opset || 'not given'}: ${OLDEST} to ${NEWEST} are supported`);
  }
  const graph = readGraph(model.graph, 'graph');
  checkCaptures(graph.captures, 'graph');
  return {
    bytes: bytes.byteLength,
    irVersion: model.irVersion,
    producer: [model.producerName, model.producerVersion].filter(Boolean).join(' '),
    opsets: opsets.set('', opset),
    metadata: new Map(model.metadataProps.map(({ key, value }) => [key, value])),
    graph,
    functions: new Map(model.functions),
  };
}
