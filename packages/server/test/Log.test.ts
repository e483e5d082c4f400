import { assert, it } from "@effect/vitest"
import * as Log from "@voiceclone/server/Log"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as fc from "fast-check"
import { vi } from "vitest"

/** What is on standard error once the event loop has turned. */
const written = async (work: () => void): Promise<string> => {
  let text = ""
  const spy = vi.spyOn(process.stderr, "write").mockImplementation((chunk) => {
    text += String(chunk)
    return true
  })
  work()
  await new Promise(setImmediate)
  spy.mockRestore()
  return text
}

/** Without what no two lines share: when it was, and in which fiber. */
const steady = (line: string): string =>
  line.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/u, "THEN").replace(/ fiber=#\d+|,"fiberId":"#\d+"/u, "")

const context = (format: Log.Format) => Effect.runSync(Effect.scoped(Layer.build(Log.layer(format, "info"))))

for (const format of ["logfmt", "json"] as const) {
  it(`writes a line directly as the logger would (${format})`, async () => {
    const services = context(format)
    const direct = Log.direct(Context.get(services, Logger.CurrentLoggers))
    assert.isDefined(direct)
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: "binary" }),
        fc.dictionary(
          fc.stringMatching(/^[a-z]{1,8}$/u),
          fc.oneof(fc.string({ unit: "binary" }), fc.integer(), fc.boolean()),
        ),
        async (message, annotations) => {
          const line = await written(() => direct("Info", message, annotations))
          const logged = await written(() =>
            Effect.runSyncWith(services)(Effect.annotateLogs(Effect.log(message), annotations)),
          )
          assert.strictEqual(steady(line), steady(logged))
          assert.strictEqual(line.split("\n").length, 2)
        },
      ),
    )
  })
}

it("writes no line directly where others listen, or make it pretty", () => {
  const loggers = (format: Log.Format) => Context.get(context(format), Logger.CurrentLoggers)
  assert.isUndefined(Log.direct(new Set([...loggers("json"), Logger.make(() => {})])))
  assert.isUndefined(Log.direct(loggers("pretty")))
  assert.isUndefined(Log.direct(new Set()))
})

it("keeps lines back while it is held, and no longer", async () => {
  const log = () => Effect.runSyncWith(context("logfmt"))(Effect.log("Said."))
  let release = () => {}
  const held = await written(() => {
    release = Log.hold()
    log()
  })
  assert.strictEqual(held, "")
  assert.match(await written(() => (release(), log())), /^(timestamp=.* message=Said\.\n){2}$/u)
})
