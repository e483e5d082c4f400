import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { defaultDataDirectory } from "./DataDirectory.ts"
import { Display } from "./Display.ts"
import * as EmbeddedServer from "./EmbeddedServer.ts"
import * as Flags from "./Flags.ts"
import * as Session from "./Session.ts"
import { Usage } from "./Usage.ts"

const flags = {
  data: Flag.String("data").pipe(
    Flag.withDescription("The server's data directory"),
    Flag.withMetavar("DIR"),
    Flag.optional,
  ),
  json: Flags.connection.json,
}

const placeOf = (data: Option.Option<string>) => ({
  dataDirectory: Option.getOrElse(data, defaultDataDirectory),
  databaseUrl: process.env["DATABASE_URL"],
})

const create = Command.make(
  "create",
  {
    owner: Argument.String("owner").pipe(Argument.withDescription("Whose key it is; tasks are their owner's alone")),
    ...flags,
  },
  ({ data, json, owner }) =>
    Session.alone(
      { json },
      Effect.gen(function* () {
        const display = yield* Display
        const { id, key } = yield* EmbeddedServer.createKey(placeOf(data), owner)
        yield* display.result(`${key}\n  id ${id}, owner ${owner}. The key is not shown again.`, {
          _tag: "KeyCreated",
          id,
          owner,
          key,
        })
      }),
    ),
).pipe(
  Command.withDescription("Make a key; a running server takes it at once"),
  Command.withExamples([{ command: "voiceclone keys create anna" }]),
)

const list = Command.make("list", flags, ({ data, json }) =>
  Session.alone(
    { json },
    Effect.gen(function* () {
      const display = yield* Display
      const keys = yield* EmbeddedServer.listKeys(placeOf(data))
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
  ({ data, id, json }) =>
    Session.alone(
      { json },
      Effect.gen(function* () {
        const display = yield* Display
        if (!(yield* EmbeddedServer.revokeKey(placeOf(data), id))) {
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
