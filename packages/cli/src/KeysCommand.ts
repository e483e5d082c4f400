import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Record from "effect/Record"
import { Display } from "./Display.ts"
import * as EmbeddedServer from "./EmbeddedServer.ts"
import * as Flags from "./Flags.ts"
import * as Session from "./Session.ts"
import { Usage } from "./Usage.ts"

const flags = { ...Flags.ownServer, json: Flags.connection.json }

const placeOf = (flags: Record<string, Option.Option<string>>) => EmbeddedServer.placeOf(Record.getSomes(flags))

const create = Command.make(
  "create",
  {
    owner: Argument.String("owner").pipe(Argument.withDescription("Whose key it is; tasks are their owner's alone")),
    ...flags,
  },
  ({ config, data, json, owner }) =>
    Session.alone(
      { json },
      Effect.gen(function* () {
        const display = yield* Display
        const place = yield* placeOf({ config, data })
        const { id, key } = yield* EmbeddedServer.createKey(place, owner)
        // a key of another directory than the server's opens nothing
        const where = place.databaseUrl === undefined ? place.dataDirectory : "the database"
        yield* display.result(
          `${key}\n  id ${id}, owner ${owner}, for the data in ${where}. The key is not shown again.`,
          {
            _tag: "KeyCreated",
            id,
            owner,
            key,
          },
        )
      }),
    ),
).pipe(
  Command.withDescription("Make a key; a running server takes it at once"),
  Command.withExamples([{ command: "voiceclone keys create anna" }]),
)

const list = Command.make("list", flags, ({ config, data, json }) =>
  Session.alone(
    { json },
    Effect.gen(function* () {
      const display = yield* Display
      const keys = yield* EmbeddedServer.listKeys(yield* placeOf({ config, data }))
      yield* display.result(
        keys.length === 0
          ? "No keys were made here. The server still takes those of VOICECLONE_SERVER_KEYS, or the one in its file key."
          : keys
              .map(({ createdAt, id, owner, revokedAt }) =>
                [
                  id,
                  owner,
                  createdAt.toISOString(),
                  revokedAt === undefined ? "" : `revoked ${revokedAt.toISOString()}`,
                ]
                  .join("  ")
                  .trimEnd(),
              )
              .join("\n"),
        { _tag: "Keys", keys },
      )
    }),
  ),
).pipe(
  Command.withDescription("Show whose keys there are; the keys themselves are not kept"),
  Command.withExamples([{ command: "voiceclone keys list" }]),
)

const revoke = Command.make(
  "revoke",
  { id: Argument.String("key-id").pipe(Argument.withDescription("The id that list shows")), ...flags },
  ({ config, data, id, json }) =>
    Session.alone(
      { json },
      Effect.gen(function* () {
        const display = yield* Display
        if (!(yield* EmbeddedServer.revokeKey(yield* placeOf({ config, data }), id))) {
          return yield* new Usage({
            reason: `No key ${JSON.stringify(id)} is in force here`,
            nextStep: "voiceclone keys list shows the ids.",
          })
        }
        yield* display.result(`${id} is revoked`, { _tag: "KeyRevoked", id })
      }),
    ),
).pipe(
  Command.withDescription("End a key; a running server refuses it within a second"),
  Command.withExamples([{ command: "voiceclone keys revoke key_1f0a9c3b7d22" }]),
)

export const keys = Command.make("keys").pipe(
  Command.withDescription("Who may use a server of yours"),
  Command.withSubcommands([create, list, revoke]),
)
