/** Writes ONNX models: just enough of the protobuf format (onnx/onnx.proto) for a few operators. */

type Bytes = Uint8Array<ArrayBuffer>

const join = (parts: ReadonlyArray<Uint8Array>): Bytes => new Uint8Array(Buffer.concat(parts))

const varint = (value: number | bigint): Bytes => {
  const bytes: Array<number> = []
  let rest = BigInt.asUintN(64, BigInt(value))
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
  return Uint8Array.from([...bytes, Number(rest)])
}

const number = (field: number, value: number | bigint): Bytes => join([varint(field * 8), varint(value)])
const message = (field: number, ...parts: ReadonlyArray<Uint8Array>): Bytes => {
  const body = join(parts)
  return join([varint(field * 8 + 2), varint(body.length), body])
}
const text = (field: number, value: string): Bytes => message(field, Buffer.from(value))

/** Element types of tensors. */
export type Element = "float" | "int64"
const elements = { float: 1, int64: 7 } as const

/** A tensor's name, type and shape; a negative dimension is open. */
export type Value = readonly [name: string, element: Element, shape: ReadonlyArray<number>]

const valueInfo = (field: number, [name, element, shape]: Value) =>
  message(
    field,
    text(1, name),
    message(
      2,
      message(
        1,
        number(1, elements[element]),
        message(2, ...shape.map((size, i) => message(1, size < 0 ? text(2, `${name}_${i}`) : number(1, size)))),
      ),
    ),
  )

const tensor = (
  field: number,
  name: string,
  element: Element,
  shape: ReadonlyArray<number>,
  values: ArrayLike<number>,
) => {
  const data = element === "float" ? Float32Array.from(values) : BigInt64Array.from(Array.from(values, BigInt))
  return message(
    field,
    ...shape.map((size) => number(1, size)),
    number(2, elements[element]),
    text(8, name),
    message(9, new Uint8Array(data.buffer)),
  )
}

/** One operation: what goes in, what comes out, and its integer attributes. */
type Node = readonly [
  operator: string,
  inputs: ReadonlyArray<string>,
  outputs: ReadonlyArray<string>,
  attributes?: Readonly<Record<string, number | ReadonlyArray<number>>>,
]

const attribute = (name: string, value: number | ReadonlyArray<number>) =>
  typeof value === "number"
    ? message(5, text(1, name), number(3, value), number(20, 2))
    : message(5, text(1, name), ...value.map((one) => number(8, one)), number(20, 7))

/** A model: its graph and its metadata. */
export interface Model {
  readonly inputs: ReadonlyArray<Value>
  readonly outputs: ReadonlyArray<Value>
  readonly constants: Readonly<Record<string, readonly [Element, ReadonlyArray<number>, ArrayLike<number>]>>
  readonly nodes: ReadonlyArray<Node>
  readonly metadata?: Readonly<Record<string, string | number>>
}

/** The model as a file; operators are those of opset 13. */
export const encode = ({ constants, inputs, metadata = {}, nodes, outputs }: Model): Bytes =>
  join([
    number(1, 8),
    message(8, text(1, ""), number(2, 13)),
    message(
      7,
      ...nodes.map(([operator, from, to, attributes = {}]) =>
        message(
          1,
          ...from.map((name) => text(1, name)),
          ...to.map((name) => text(2, name)),
          text(4, operator),
          ...Object.entries(attributes).map(([name, value]) => attribute(name, value)),
        ),
      ),
      text(2, "graph"),
      ...Object.entries(constants).map(([name, [element, shape, values]]) => tensor(5, name, element, shape, values)),
      ...inputs.map((value) => valueInfo(11, value)),
      ...outputs.map((value) => valueInfo(12, value)),
    ),
    ...Object.entries(metadata).map(([key, value]) => message(14, text(1, key), text(2, String(value)))),
  ])
