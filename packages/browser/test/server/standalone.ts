/** Gives the pages of the tests the standalone entry as it is published, under `/standalone/`. */
import type { Plugin } from "vite"
import { build } from "../../build/standalone.ts"

export const standalone = (): Plugin => {
  let built: ReturnType<typeof build> | undefined
  return {
    name: "standalone",
    configureServer: ({ middlewares }) => {
      middlewares.use("/standalone", ({ url = "" }, response, next) => {
        const answer = (files: ReadonlyMap<string, string>) => {
          const code = files.get(url.slice(1).replace(/\?.*$/, ""))
          if (code === undefined) next()
          else response.setHeader("content-type", "text/javascript").end(code)
        }
        built ??= build()
        built.then(answer, next)
      })
    },
  }
}
