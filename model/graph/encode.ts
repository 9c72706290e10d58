import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import {
  type AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  type GraphProtoSchema,
  ModelProtoSchema,
  type TensorProtoSchema,
  TensorProto_DataType as TensorType,
  type ValueInfoProtoSchema,
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
  { freeDimension = 'batch' }: { readonly freeDimension?: string } = {},
): Uint8Array {
  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    producerName: 'pcfg-diffusion',
    opsetImport: [
      { domain: '', version: 17n },
      { domain: 'com.microsoft', version: 1n },
    ],
    graph: encodeGraph(graph, freeDimension),
  })
  return toBinary(ModelProtoSchema, model)
}

function encodeGraph(graph: Graph, free: string): MessageInitShape<typeof GraphProtoSchema> {
  return {
    name: graph.name,
    node: graph.nodes.map((node) => ({
      name: node.name,
      opType: node.operator,
      domain: node.domain,
      input: [...node.inputs],
      output: [...node.outputs],
      attribute: Object.entries(node.attributes).map(([name, value]) => ({
        name,
        ...encodeAttribute(value, free),
      })),
    })),
    initializer: graph.constants.map(encodeConstant),
    input: graph.inputs.map((value) => encodeValue(value, free)),
    output: graph.outputs.map((value) => encodeValue(value, free)),
  }
}

function encodeValue(
  { name, shape, dataType }: Value,
  free: string,
): MessageInitShape<typeof ValueInfoProtoSchema> {
  const dim = shape.map((length) => {
    if (length === 0 || length % FREE_SIZE !== 0)
      return { value: { case: 'dimValue', value: BigInt(length) } } as const
    const name = length === FREE_SIZE ? free : `${free}*${length / FREE_SIZE}`
    return { value: { case: 'dimParam', value: name } } as const
  })
  const elemType = TENSOR_TYPES[dataType]
  return { name, type: { value: { case: 'tensorType', value: { elemType, shape: { dim } } } } }
}

function encodeConstant({ name, shape, data }: Constant): MessageInitShape<typeof TensorProtoSchema> {
  const dataType = data instanceof Float32Array ? 'float32' : data instanceof Int32Array ? 'int32' : 'int64'
  return {
    name,
    dataType: TENSOR_TYPES[dataType],
    dims: shape.map(BigInt),
    rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice(),
  }
}

function encodeAttribute(value: Attribute, free: string): MessageInitShape<typeof AttributeProtoSchema> {
  if (value instanceof Graph) return { type: AttributeType.GRAPH, g: encodeGraph(value, free) }
  if (typeof value === 'number') return { type: AttributeType.INT, i: BigInt(value) }
  if (typeof value === 'string') return { type: AttributeType.STRING, s: new TextEncoder().encode(value) }
  if ('float' in value) return { type: AttributeType.FLOAT, f: value.float }
  return { type: AttributeType.INTS, ints: value.map(BigInt) }
}
