/**
 * Members that nothing names. Bundlers leave out what no module imports, but a method of a class or an object stays with it,
 * and what it needs stays with the method. Where all of a program is known, so is whether anything says a method's name.
 */
import { type AnyNode, type AssignmentProperty, parse, type Property } from "acorn"
import { analyze } from "eslint-scope"
import type { Program } from "estree"

/** What JavaScript and the platform call by themselves. */
const native = new Set(
  [
    "constructor then catch finally next return throw toString toJSON valueOf message",
    // descriptors, proxies, streams and listeners
    "get set has apply construct ownKeys deleteProperty getOwnPropertyDescriptor",
    "start pull cancel write close abort transform flush type handleEvent",
  ].flatMap((names) => names.split(" ")),
)

const children = (node: AnyNode): ReadonlyArray<AnyNode> =>
  Object.values(node)
    .flat()
    .filter((value: unknown): value is AnyNode => typeof value === "object" && value !== null && "type" in value)

const isFunction = ({ type }: AnyNode): boolean => type === "FunctionExpression" || type === "ArrowFunctionExpression"

/** The name of a member that does nothing unless something names it; in brackets where it is that of a symbol. */
const nameOf = (node: AnyNode, functions: ReadonlySet<string>): string | undefined => {
  const isMember = node.type === "MethodDefinition" || (node.type === "Property" && isFunctional(node, functions))
  if (!isMember) return undefined
  const key = node.key.type === "MemberExpression" ? node.key.property : node.key
  return key.type !== "Identifier" ? undefined : node.computed ? `[${key.name}]` : key.name
}

const isFunctional = ({ value }: Property | AssignmentProperty, functions: ReadonlySet<string>): boolean =>
  isFunction(value) || (value.type === "Identifier" && functions.has(value.name))

const programOf = (code: string) => parse(code, { ecmaVersion: "latest", sourceType: "module", ranges: true })

/** The functions that a module has at its top: as the value of a member, their name is as good as they are. */
const functionsOf = (body: ReadonlyArray<AnyNode>): ReadonlySet<string> =>
  new Set(
    body.flatMap((statement): ReadonlyArray<string> => {
      const node = statement.type === "ExportNamedDeclaration" ? statement.declaration : statement
      if (node?.type === "FunctionDeclaration" && node.id !== null) return [node.id.name]
      if (node?.type !== "VariableDeclaration") return []
      return node.declarations.flatMap(({ id, init }) =>
        id.type === "Identifier" && init !== null && init !== undefined && isFunction(init) ? [id.name] : [],
      )
    }),
  )

/** A stretch of code that is run, or not, as a whole. */
interface Piece {
  readonly node: AnyNode
  /** What it says after a dot, between braces, or as a text. */
  readonly names: Set<string>
  /** The statements that it refers to. */
  readonly needs: Set<Piece>
  /** Those within it, each run only where something says its name. */
  readonly members: Array<readonly [name: string, piece: Piece]>
}

/** The names of members in a program, which is one module without imports, that nothing says that can be reached from its exports. */
export const unnamed = (code: string): ReadonlyArray<string> => {
  const program = programOf(code)
  const functions = functionsOf(program.body)
  const pieceAt = new Map<AnyNode, Piece>()
  const all: Array<Piece> = []
  const open = (node: AnyNode): Piece => {
    const piece: Piece = { node, names: new Set(), needs: new Set(), members: [] }
    pieceAt.set(node, piece)
    all.push(piece)
    return piece
  }
  const read = (node: AnyNode, piece: Piece): void => {
    if (node.type === "MemberExpression" && !node.computed && node.property.type === "Identifier") {
      piece.names.add(node.property.name)
    }
    if (node.type === "Literal" && typeof node.value === "string") piece.names.add(node.value)
    if (node.type === "ObjectPattern") {
      for (const property of node.properties) {
        if (property.type === "Property" && property.key.type === "Identifier") piece.names.add(property.key.name)
      }
    }
    for (const child of children(node)) {
      const name = node.type === "ObjectPattern" ? undefined : nameOf(child, functions)
      if (name === undefined || name.startsWith("[") || native.has(name)) read(child, piece)
      else {
        const member = open(child)
        piece.members.push([name, member])
        read(child, member)
      }
    }
  }
  const statements = program.body.map((node) => {
    const piece = open(node)
    read(node, piece)
    return piece
  })
  const statementAt = (offset: number): Piece =>
    statements.find(({ node }) => node.start <= offset && offset < node.end)!
  /** The innermost piece around an offset. */
  const pieceOf = (offset: number): Piece => {
    let piece = statementAt(offset)
    for (;;) {
      const inner = piece.members.find(([, { node }]) => node.start <= offset && offset < node.end)
      if (inner === undefined) return piece
      piece = inner[1]
    }
  }
  const { globalScope } = analyze(program as Program, { ecmaVersion: 2022, sourceType: "module" })
  for (const { identifiers, references } of globalScope!.childScopes[0]!.variables) {
    const home = statementAt(identifiers[0]!.range![0])
    for (const { identifier } of references) pieceOf(identifier.range![0]).needs.add(home)
  }

  const reached = new Set<Piece>()
  const said = new Set<string>()
  /** Members of what is reached, that nothing has said yet. */
  const waiting = new Map<string, Array<Piece>>()
  const queue = statements.filter(({ node }) => !/^(Variable|Function|Class)Declaration$/.test(node.type))
  for (let piece = queue.pop(); piece !== undefined; piece = queue.pop()) {
    if (reached.has(piece)) continue
    reached.add(piece)
    queue.push(...piece.needs)
    for (const name of piece.names) {
      if (said.has(name)) continue
      said.add(name)
      queue.push(...(waiting.get(name) ?? []))
    }
    for (const [name, member] of piece.members) {
      if (said.has(name)) queue.push(member)
      else waiting.set(name, [...(waiting.get(name) ?? []), member])
    }
  }
  return Array.from(waiting.keys()).filter((name) => !said.has(name))
}

/**
 * A module without some members: blanks stand where they stood. `isLeft` says of which names; it hears what the class around
 * extends, too.
 */
export const without = (code: string, isLeft: (name: string, parent: string | undefined) => boolean): string => {
  const program = programOf(code)
  const functions = functionsOf(program.body)
  let [left, at] = ["", 0]
  const read = (node: AnyNode, parent: string | undefined): void => {
    for (const child of children(node)) {
      const name = node.type === "ObjectPattern" ? undefined : nameOf(child, functions)
      if (name === undefined || !isLeft(name, parent)) {
        read(child, child.type === "ClassBody" ? parentOf(node) : parent)
        continue
      }
      // the comma goes with what stood before it
      const comma = child.type === "Property" ? (/^\s*,/.exec(code.slice(child.end))?.[0].length ?? 0) : 0
      left += code.slice(at, child.start)
      at = child.end + comma
      left += code.slice(child.start, at).replace(/[^\n]/g, " ")
    }
  }
  read(program, undefined)
  return left + code.slice(at)
}

/** What a class extends, or the name of what makes that. */
const parentOf = (node: AnyNode): string | undefined => {
  const parent = "superClass" in node ? node.superClass : undefined
  const named = parent?.type === "CallExpression" ? parent.callee : parent
  const name = named?.type === "MemberExpression" ? named.property : named
  return name?.type === "Identifier" ? name.name : undefined
}
