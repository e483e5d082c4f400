import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Record from "effect/Record"
import { Display } from "./Display.ts"
import * as EmbeddedServer from "./EmbeddedServer.ts"
import * as Flags from "./Flags.ts"
import * as Session from "./Session.ts"
import { Usage } from "./Usage.ts"

export const backup = Command.make(
  "backup",
  {
    target: Argument.String("directory").pipe(Argument.withDescription("Where the copy is to be; nothing yet")),
    ...Flags.ownServer,
    json: Flags.connection.json,
  },
  ({ config, data, json, target }) =>
    Session.alone(
      { json },
      Effect.gen(function* () {
        const display = yield* Display
        const { databaseUrl, dataDirectory: from } = yield* EmbeddedServer.placeOf(Record.getSomes({ config, data }))
        if (databaseUrl !== undefined) {
          return yield* new Usage({
            reason: "This server's tasks are in PostgreSQL, as DATABASE_URL or the configuration file says",
            nextStep:
              "Copy them with pg_dump, and the data directory around it: see Back up and restore in the documentation.",
          })
        }
        const { directory, files, missing, tasks } = yield* EmbeddedServer.backUp(from, target)
        if (missing.length > 0) {
          const names = missing.slice(0, 3).join(", ") + (missing.length > 3 ? `, … (${missing.length} in all)` : "")
          yield* display.trouble(`Needed by tasks, but neither in ${from} nor in the copy: ${names}`)
        }
        yield* display.result(
          `Copied to ${directory}. Tasks: ${tasks}, files: ${files}. Start it with: serve --data DIR`,
          {
            _tag: "BackedUp",
            directory,
            tasks,
            files,
            missing,
          },
        )
      }),
    ),
).pipe(
  Command.withDescription("Copy a server's data directory, while it runs"),
  Command.withExamples([{ command: "voiceclone backup backups/today --data ./voiceclone-data" }]),
)
