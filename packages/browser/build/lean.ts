/**
 * The program as a page can't tell it from the whole. Of Effect it sees nothing: so there are no spans, as nobody can give it
 * a tracer; its values don't show or compare themselves; and its log is the console. Of ours it has what a page can reach.
 */
import { without } from "./members.ts"

type Edit = readonly [found: RegExp, instead: string]

const withoutSpan: Edit = [
  /^export const withSpan = function \(\) \{\n[^]*?\n\};$/m,
  "export const withSpan = () => identity;",
]

/** By module, what stands there otherwise. Whatever is not found any more fails the build. */
const edits: Readonly<Record<string, ReadonlyArray<Edit>>> = {
  "effect/dist/internal/effect.js": [
    withoutSpan,
    [/^export const fn = function \(\) \{\n[^]*?\n\};$/m, "export const fn = () => fnUntraced;"],
    [
      /^export const logWithLevel = [^]*?\n\};$/m,
      `export const logWithLevel = (level) => (...words) => sync(() => console[level === "Error" ? "error" : "warn"](...words));`,
    ],
    // without spans no fiber has a frame to show
    [/^const fiberStackAnnotations = [^]*?\n\};$/m, "const fiberStackAnnotations = () => undefined;"],
    [/^ {4}if \(this\.cache\.stackFrame\) \{\n[^]*?\n {4}\}\n {4}if \(annotations\) \{\n[^]*?\n {4}\}$/m, ""],
    // nothing asks for the nanosecond of the day, and every browser has a clock of its own for the rest
    [/^ {2}currentTimeNanosUnsafe\(\) \{[^]*?^ {2}currentTimeNanos = .*$/m, ""],
    [
      /^const monotonicNowNanos = [^]*?\n\}\(\);$/m,
      "const monotonicNowNanos = () => BigInt(Math.round(performance.now() * 1_000_000));",
    ],
  ],
  "effect/dist/Stream.js": [withoutSpan],
  // two causes that say the same are told twice
  "effect/dist/internal/core.js": [
    [/^const dedupeReasons = [^]*?\n\};$/m, "const dedupeReasons = (self, that) => self.concat(that);"],
    [/^ {2}return Equal\.equals\(self, newCause\).*$/m, "  return newCause;"],
    [/^ {4}if \(fiber\.cache\.stackFrame\) \{\n[^]*?\n {4}\}$/m, ""],
    [/^ {4}if \(annotations !== constEmptyAnnotations[^]*?\n {4}\}$/m, ""],
  ],
  // a page's few layers are built one after the other; what builds many at once is of use to jobs alone
  "effect/dist/Layer.js": [
    [
      /^ {2}return internalEffect\.forEach\(layers, [^]*?\n {2}\}\)\.pipe\(/m,
      `  return layers.reduce((before, layer) => internalEffect.flatMap(before, contexts =>
    internalEffect.map(layer.build(memoMap, Scope.forkUnsafe(parentScope, "sequential")), context => [...contexts, context])),
    internalEffect.succeed([])).pipe(`,
    ],
  ],
  // nothing flattens more than one stream at a time
  "effect/dist/Channel.js": [
    [
      /^export const flatMap = [^]*?\);$/m,
      "export const flatMap = /*#__PURE__*/dual(args => isChannel(args[0]), (self, f) => flatMapSequential(self, f));",
    ],
  ],
  // a page's timers know milliseconds, not every nanosecond of a century
  "effect/dist/Duration.js": [
    [
      /^const fromMillisString = [^]*?\n\};$/m,
      "const fromMillisString = (input, scale) => make(Number(input) * scale);",
    ],
    [
      /^const parseNanos = [^]*?\n\};$/m,
      "const parseNanos = (input, scale) => BigInt(Math.round(Number(input) * Number(scale)));",
    ],
    [/^const sumObjectNanos = [^]*?\n\};$/m, "const sumObjectNanos = () => undefined;"],
  ],
  // a `FileSystem` gives sizes in them, and nothing else is done with one
  "effect/dist/ByteSize.js": [
    [/^export const bytes = .*$/m, "export const bytes = BigInt;"],
    [/^const decimalUnits = [^]*?^const allUnits = .*$/m, "const allUnits = [];"],
  ],
  // `parse` and `format` are names of others' too
  "effect/dist/Path.js": [
    [/^ {2}parse\([^]*?^ {2}\},$/m, ""],
    [/^ {2}format: [^]*?^ {2}\},$/m, ""],
  ],
  "effect/dist/http/Headers.js": [
    [
      /^const Proto = [^]*?\n\}\);$/m,
      "const Proto = /*#__PURE__*/Object.create(null, { [TypeId]: { value: TypeId } });",
    ],
  ],
  // there are no secrets in an address: core refuses a user and a password there
  "effect/dist/http/UrlParams.js": [[/^export const redactUrl = .*?\n\};$/ms, "export const redactUrl = url => url;"]],
  // of a body the bytes are read, once
  "effect/dist/http/HttpClientResponse.js": [
    [/^ {2}formDataBody;\n {2}get formData\(\) \{\n[^]*?\n {2}\}$/m, ""],
    [
      /^ {6}try: \(\) => this\.source\.arrayBuffer\(\),$/m,
      "      try: () => (this.bytes ??= this.source.arrayBuffer()),",
    ],
    [/\.pipe\(Effect\.cached, Effect\.runSync\)(?=;\n {4}return this\.arrayBufferBody)/, ""],
  ],
  "effect/dist/http/HttpClient.js": [
    [/^ {2}get formData\(\) \{\n[^]*?\n {2}\}$/m, ""],
    // older browsers have no private file system either
    [/^ {2}if \("FinalizationRegistry" in globalThis && .*$/m, "  {"],
    [/^ {2}const timers = [^]*?(?=^\}\)\(\);$)/m, ""],
    [/^ {2}const tracerDisabled = .*$/m, ""],
    [/^ {2}if \(tracerDisabled\) \{$/m, "  {"],
    [/^ {2}return Effect\.useSpan\(fiber[^]*?^ {2}\}\);$/m, ""],
  ],
  // every sample of a page has a blob
  "core/src/internal/createCall.ts": [
    [/sample\.blob === undefined/g, "false"],
    [/sample\.blob !== undefined/g, "true"],
  ],
  // no browser says by a code why there was no answer
  "core/src/internal/transport.ts": [
    [/^const reasons: [^]*?^\}$/m, "const reasons = {}"],
    [/^const unsent = [^]*?^\]\)$/m, "const unsent = new Set()"],
  ],
}

/** What shows and compares values; `[symbol]` is that of `Equal` and of `Hash`. */
const unseen: ReadonlySet<string> = new Set(
  "toJSON toString [NodeInspectSymbol] [symbolRedactable] [symbol]".split(" "),
)

/** Throws where a module is used for what its values cannot do here. */
export const judge = (path: string, used: ReadonlyArray<string>): void => {
  const isUsed =
    /effect\/dist\/(Equal|Hash)\.js$/.test(path) && used.some((name) => name === "equals" || name === "hash")
  if (isUsed) throw new Error(`Something compares values by ${path}, and they have nothing to be compared by`)
}

/** What errors extend: they come out, and show themselves. */
const errors: ReadonlySet<string | undefined> = new Set(["YieldableError", "Error", "TaggedError"])

/** A module, by its path; without members of these names, too, where it is of Effect. */
export const lean = (path: string, code: string, names: ReadonlySet<string>): string => {
  const place = /(?:effect\/dist|core\/src)\/.*$/.exec(path)?.[0] ?? path
  let text = code
  for (const [found, instead] of edits[place] ?? []) {
    const next = text.replace(found, (was) => instead + was.replace(/[^\n]/g, ""))
    if (next === text) throw new Error(`${place} has nothing like ${found}`)
    text = next
  }
  if (!place.startsWith("effect/")) return text
  return without(text, (name, parent) => names.has(name) || (unseen.has(name) && !errors.has(parent)))
}
