/**
 * Makes a bundle load a module of Node.js when it is first used, not when the command starts: `node:tls` alone takes as
 * long as Node.js itself takes to start.
 */
import type { Rolldown } from "tsdown"

const loader = `const lazyBuiltin = (id) => {
  let loaded
  return new Proxy({}, {
    get: (_, name) => {
      loaded ??= require(id)
      return name === "default" ? loaded : loaded[name]
    },
  })
}
`

/** Those that Node.js has not loaded by itself when it starts. */
const required =
  /^(?:let|const|var) (\w+) = require\("(node:(?:child_process|crypto|dns|http|https|net|readline|tls|zlib))"\);(?:\n\1 = __toESM\(\1(?:, 1)?\);)?/gm

/** Replaces a part that must be there: a dependency that changes is to be looked at again. */
const replaced = (code: string, id: string, part: string, by: string): string => {
  if (code.split(part).length !== 2) throw new Error(`${id} has not exactly one ${part}`)
  return code.replace(part, by)
}

/** Leaves out what a command never uses that asks one question at a time: undici's pool, and Effect's `Schema`. */
export const oneQuestion = (): Rolldown.Plugin => ({
  name: "one-question",
  transform: {
    filter: {
      id: /(?:node[/\\]src[/\\]internal[/\\]undiciPool\.ts|effect[/\\]dist[/\\]http[/\\]HttpClientError\.js)$/,
    },
    handler: (code, id) => {
      if (id.endsWith("undiciPool.ts"))
        return 'export const undiciPool = () => { throw new Error("There is no pool here") }\n'
      const schema = code.indexOf("export class HttpClientErrorSchema")
      if (schema === -1 || code.indexOf("export ", schema + 1) !== -1)
        throw new Error(`${id} does not end with HttpClientErrorSchema`)
      return code.slice(0, schema)
    },
  },
})

/** For bundles in CommonJS. */
export const lazyBuiltins = (): Rolldown.Plugin => ({
  name: "lazy-builtins",
  transform: {
    filter: {
      id: /(?:platform-node[/\\]dist[/\\](?:internal[/\\]http|NodeHttpClient)|effect[/\\]dist[/\\]cli[/\\]CliOutput|undici[/\\]lib[/\\]dispatcher[/\\]client-h2)\.js$/,
    },
    handler: (code, id) => {
      // its pool is told to speak HTTP/1.1 alone, and node:http2 takes 20 ms to load
      if (id.endsWith("client-h2.js"))
        return 'module.exports = () => { throw new Error("HTTP/2 is not spoken here") }\n'
      // what an import within one file reaches, Effect as a whole, is wrapped in functions to keep its order, and slow
      if (id.endsWith("NodeHttpClient.js"))
        return replaced(
          code,
          id,
          'import("./internal/upgrade.js")',
          'Promise.reject(new Error("No connection is upgraded here"))',
        )
      return id.endsWith("http.js")
        ? 'import http from "node:http"\nimport https from "node:https"\nexport { http, https }\n'
        : // its rules take 20 ms to load, for a width that few commands measure
          replaced(
            code,
            id,
            "new Intl.Segmenter(",
            "((...options) => ({ segment: (text) => new Intl.Segmenter(...options).segment(text) }))(",
          )
    },
  },
  renderChunk: (code) => {
    const lazy = code.replace(required, (_, name, id) => `const ${name} = lazyBuiltin("${id}");`)
    const start = lazy.indexOf("lazyBuiltin(")
    const line = lazy.lastIndexOf("\n", start) + 1
    return start === -1 ? null : `${lazy.slice(0, line)}${loader}${lazy.slice(line)}`
  },
})
