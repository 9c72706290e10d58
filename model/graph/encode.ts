import { create, toBinary } from '@bufbuild/protobuf'
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  type GraphProto,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProtoSchema,
  TensorProto_DataType as TensorType,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from 'onnx-buf'
import { type Attribute, type Constant, type DataType, FREE_SIZE, Graph, type Value } from './graph.js'

const TENSOR_TYPES: Readonly<Record<DataType, TensorType>> = {
  float32: TensorType.FLOAT,
  float64: TensorType.DOUBLE,
  int32: TensorType.INT32,
  int64: TensorType.INT64,
  bool: TensorType.BOOL,
}

/** The bytes of an .onnx file: opset 17, IR version 8, com.microsoft operators where the lowering uses them. */
export function encodeModel(
  graph: Graph,
  options: { readonly freeDimension?: string; readonly metadata?: Readonly<Record<string, string>> } = {},
): Uint8Array {
  const free = options.freeDimension ?? 'batch'
  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    producerName: 'pcfg-diffusion',
    opsetImport: [
      { domain: '', version: 17n },
      { domain: 'com.microsoft', version: 1n },
    ],
    metadataProps: Object.entries(options.metadata ?? {}).map(([key, value]) => ({ key, value })),
    graph: encodeGraph(graph, free),
  })
  return toBinary(ModelProtoSchema, model)
}

function encodeGraph(graph: Graph, free: string): GraphProto {
  return create(GraphProtoSchema, {
    name: graph.name,
    node: graph.nodes.map((node) =>
      create(NodeProtoSchema, {
        name: node.name,
        opType: node.operator,
        domain: node.domain,
        input: [...node.inputs],
        output: [...node.outputs],
        attribute: Object.entries(node.attributes).map(([name, value]) => encodeAttribute(name, value, free)),
      }),
    ),
    initializer: graph.constants.map(encodeConstant),
    input: graph.inputs.map((value) => encodeValue(value, free)),
    output: graph.outputs.map((value) => encodeValue(value, free)),
  })
}

function encodeValue({ name, shape, dataType }: Value, free: string): ValueInfoProto {
  const dim = shape.map((length) => ({
    value:
      length % FREE_SIZE === 0 && length > 0
        ? ({
            case: 'dimParam',
            value: length === FREE_SIZE ? free : `${free}*${length / FREE_SIZE}`,
          } as const)
        : ({ case: 'dimValue', value: BigInt(length) } as const),
  }))
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: 'tensorType', value: { elemType: TENSOR_TYPES[dataType], shape: { dim } } } },
  })
}

function encodeConstant({ name, shape, data }: Constant) {
  const dataType = data instanceof Float32Array ? 'float32' : data instanceof Int32Array ? 'int32' : 'int64'
  return create(TensorProtoSchema, {
    name,
    dataType: TENSOR_TYPES[dataType],
    dims: shape.map(BigInt),
    rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice(),
  })
}

function encodeAttribute(name: string, value: Attribute, free: string): AttributeProto {
  if (value instanceof Graph) {
    return create(AttributeProtoSchema, { name, type: AttributeType.GRAPH, g: encodeGraph(value, free) })
  }
  if (typeof value === 'number')
    return create(AttributeProtoSchema, { name, type: AttributeType.INT, i: BigInt(value) })
  if (typeof value === 'string') {
    return create(AttributeProtoSchema, {
      name,
      type: AttributeType.STRING,
      s: new TextEncoder().encode(value),
    })
  }
  if ('float' in value)
    return create(AttributeProtoSchema, { name, type: AttributeType.FLOAT, f: value.float })
  return create(AttributeProtoSchema, { name, type: AttributeType.INTS, ints: value.map(BigInt) })
}
