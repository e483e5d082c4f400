/**
 * Splits a program at its statements, where bundlers split it at its modules: of a module that two parts use, each has only
 * what it uses.
 */
import { parse } from "acorn"
import { analyze, type Variable } from "eslint-scope"
import type { Identifier, Program } from "estree"

/** A part of a program. */
export interface Part {
  readonly name: string
  /** What it exports, and what that is called in the program. */
  readonly exports: ReadonlyMap<string, string>
}

/**
 * The code of each part of a program, which is one module without imports: what its exports need and no part before it has,
 * in the order of the program, and imports of the rest. So nothing is there twice, and whatever a statement needs is run
 * before it, as in the program. Throws where a statement's place is not certain.
 */
export const split = (code: string, parts: ReadonlyArray<Part>): ReadonlyMap<string, string> => {
  const program = parse(code, { ecmaVersion: "latest", sourceType: "module", ranges: true })
  const statements = program.body.filter(({ type }) => type !== "ExportNamedDeclaration")
  const textOf = (index: number): string => code.slice(statements[index]!.start, statements[index]!.end)
  const indexOf = ({ range }: Identifier): number =>
    statements.findIndex(({ end, start }) => start <= range![0] && range![0] < end)

  const { globalScope } = analyze(program as Program, { ecmaVersion: 2022, sourceType: "module" })
  const { variables } = globalScope!.childScopes[0]!
  const homes = new Map(variables.map((variable) => [variable, indexOf(variable.identifiers[0]!)]))
  const variableOf = (name: string): Variable => variables.find((variable) => variable.name === name)!
  const homeOf = (name: string): number | undefined => homes.get(variableOf(name))

  /** The variables of others that a statement names, and the statements that have to be where it is, or before. */
  const names = statements.map(() => new Set<Variable>())
  const needs = statements.map(() => new Set<number>())
  for (const [variable, home] of homes) {
    for (const reference of variable.references) {
      const user = indexOf(reference.identifier as Identifier)
      if (user === -1 || user === home) continue
      names[user]!.add(variable)
      needs[user]!.add(home)
      // what is imported cannot be written
      if (reference.isWrite()) needs[home]!.add(user)
    }
  }
  for (const [index, { type }] of statements.entries()) {
    if (/^(Variable|Function|Class)Declaration$/.test(type)) continue
    const home = homeOf(/^([\w$]+)\.prototype = /.exec(textOf(index))?.[1] ?? "")
    if (home === undefined) throw new Error(`It is not certain which part this belongs to: ${textOf(index)}`)
    needs[home]!.add(index)
  }

  const partOf = new Map<number, number>()
  for (const [part, { exports }] of parts.entries()) {
    const open = Array.from(exports.values(), (local) => homeOf(local)!)
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      if (partOf.has(index)) continue
      partOf.set(index, part)
      open.push(...needs[index]!)
    }
  }
  const unneeded = statements.findIndex((_, index) => !partOf.has(index))
  if (unneeded !== -1) throw new Error(`No part needs this, and it may do something: ${textOf(unneeded)}`)

  /** By part, and by the part before it, what it has from there. */
  const shared = parts.map(() => parts.map(() => new Set<Variable>()))
  const share = (part: number, variable: Variable): void => {
    const from = partOf.get(homes.get(variable)!)!
    if (from !== part) shared[part]![from]!.add(variable)
  }
  for (const [index, part] of partOf) {
    for (const variable of names[index]!) share(part, variable)
  }
  for (const [part, { exports }] of parts.entries()) {
    for (const local of exports.values()) share(part, variableOf(local))
  }
  // what changes is imported by its name; all else comes in a list, whose names cost a third of that
  const changes = ({ references }: Variable) => references.some((reference) => reference.isWrite() && !reference.init)
  const listed = (part: number, from: number) =>
    Array.from(shared[part]![from]!, (variable) => (changes(variable) ? [] : [variable.name])).flat()
  const changing = (part: number, from: number) =>
    Array.from(shared[part]![from]!, (variable) => (changes(variable) ? [variable.name] : [])).flat()
  const listName = (part: number) => `$${parts[part]!.name}`

  const codeOf = ({ exports }: Part, part: number): string => {
    const before = parts.map(({ name }, from) => {
      const [list, named] = [listed(part, from), changing(part, from)]
      const imports = [...(list.length > 0 ? [`${listName(part)} as $${name}`] : []), ...named]
      return [
        imports.length > 0 ? `import { ${imports.join(", ")} } from "./${name}.js"` : "",
        list.length > 0 ? `const [${list.join(", ")}] = $${name}` : "",
      ]
    })
    const after = parts.flatMap((_, to) => (listed(to, part).length > 0 ? [to] : []))
    const exported = [
      ...Array.from(exports, ([name, local]) => `${local} as ${name}`),
      ...after.map(listName),
      ...new Set(parts.flatMap((_, to) => changing(to, part))),
    ]
    return [
      ...before.flat(),
      ...statements.map((_, index) => (partOf.get(index) === part ? textOf(index) : "")),
      ...after.map((to) => `const ${listName(to)} = [${listed(to, part).join(", ")}]`),
      `export { ${exported.join(", ")} }`,
    ].join("\n")
  }
  return new Map(parts.map((part, index) => [part.name, codeOf(part, index)]))
}
