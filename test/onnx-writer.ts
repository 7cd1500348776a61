// Writes ONNX models small enough for tests: an ONNX file is one protobuf message, and these few lines
// write the messages of a graph with its nodes, constants, inputs and outputs.

/** A constant of the graph; int64 for BigInt64Array. */
export interface OnnxConstant {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | BigInt64Array | Int8Array | Uint8Array;
}

/** One operation. Attributes are integers, lists of integers, floats (`{ float }`) or texts. */
export interface OnnxNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<
    Record<string, number | string | readonly number[] | { readonly float: number }>
  >;
}

/** An input or output; a dimension is a number or the name of one that may vary. */
export interface OnnxValue {
  readonly name: string;
  readonly type: 'float32' | 'int64';
  readonly shape: readonly (number | string)[];
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly constants: readonly OnnxConstant[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** Version of the operators; 17 when absent. */
  readonly operators?: number;
}

const elementTypes = { float32: 1, uint8: 2, int8: 3, int64: 7 } as const;
const intermediateVersion = 8;

/** The bytes of a model file. */
export function onnxModel(graph: OnnxGraph): Buffer {
  const content = Buffer.concat([
    ...graph.nodes.map((node) => field(1, nodeMessage(node))),
    field(2, 'test'),
    ...graph.constants.map((constant) => field(5, constantMessage(constant))),
    ...graph.inputs.map((value) => field(11, valueMessage(value))),
    ...graph.outputs.map((value) => field(12, valueMessage(value))),
  ]);
  const operators = Buffer.concat([field(1, ''), field(2, graph.operators ?? 17)]);
  return Buffer.concat([field(1, intermediateVersion), field(7, content), field(8, operators)]);
}

function nodeMessage({ operator, inputs, outputs, attributes = {} }: OnnxNode): Buffer {
  return Buffer.concat([
    ...inputs.map((name) => field(1, name)),
    ...outputs.map((name) => field(2, name)),
    field(4, operator),
    ...Object.entries(attributes).map(([name, value]) => field(5, attributeMessage(name, value))),
  ]);
}

function attributeMessage(
  name: string,
  value: number | string | readonly number[] | { readonly float: number },
): Buffer {
  const start = field(1, name);
  if (typeof value === 'number') return Buffer.concat([start, field(3, value), field(20, 2)]);
  if (typeof value === 'string') return Buffer.concat([start, field(4, value), field(20, 3)]);
  if ('float' in value) {
    const bytes = Buffer.alloc(5);
    bytes[0] = (2 << 3) | 5;
    bytes.writeFloatLE(value.float, 1);
    return Buffer.concat([start, bytes, field(20, 1)]);
  }
  return Buffer.concat([start, ...value.map((one) => field(8, one)), field(20, 7)]);
}

function constantMessage({ name, shape, data }: OnnxConstant): Buffer {
  return Buffer.concat([
    ...shape.map((size) => field(1, size)),
    field(2, elementType(data)),
    field(8, name),
    field(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  ]);
}

function elementType(data: OnnxConstant['data']): number {
  if (data instanceof Float32Array) return elementTypes.float32;
  if (data instanceof BigInt64Array) return elementTypes.int64;
  return data instanceof Int8Array ? elementTypes.int8 : elementTypes.uint8;
}

function valueMessage({ name, type, shape }: OnnxValue): Buffer {
  const sizes = shape.map((size) =>
    field(1, typeof size === 'number' ? field(1, size) : field(2, size)),
  );
  const tensor = Buffer.concat([field(1, elementTypes[type]), field(2, Buffer.concat(sizes))]);
  return Buffer.concat([field(1, name), field(2, field(1, tensor))]);
}

/** Negative integers are written as 64 bits, as protobuf does. */
function varint(value: number): number[] {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [...bytes, Number(rest)];
}

function field(number: number, value: number | string | Uint8Array): Buffer {
  if (typeof value === 'number') return Buffer.from([...varint(number << 3), ...varint(value)]);
  const bytes = Buffer.from(value as Uint8Array);
  return Buffer.concat([
    Buffer.from([...varint((number << 3) | 2), ...varint(bytes.length)]),
    bytes,
  ]);
}
