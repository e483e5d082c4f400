/**
 * The command tree.
 */
import * as Command from "effect/cli/Command"
import { backup } from "./BackupCommand.ts"
import { batch } from "./BatchCommand.ts"
import { cancel } from "./CancelCommand.ts"
import { clone } from "./CloneCommand.ts"
import { completion } from "./CompletionCommand.ts"
import { config } from "./ConfigCommand.ts"
import { create } from "./CreateCommand.ts"
import { doctor } from "./DoctorCommand.ts"
import { download } from "./DownloadCommand.ts"
import { engine } from "./EngineCommand.ts"
import { Quiet, verbosity, Verbose } from "./GlobalFlags.ts"
import { keys } from "./KeysCommand.ts"
import { list } from "./ListCommand.ts"
import { login, logout, whoami } from "./LoginCommand.ts"
import { play } from "./PlayCommand.ts"
import { resume } from "./ResumeCommand.ts"
import { serve } from "./ServeCommand.ts"
import { status } from "./StatusCommand.ts"
import { Verbosity } from "./Verbosity.ts"
import { verify } from "./VerifyCommand.ts"
import { wait } from "./WaitCommand.ts"

export const voiceclone = Command.make("voiceclone").pipe(
  Command.withDescription(
    [
      "Make a voice say a text. The server is named by VOICECLONE_BASE_URL and",
      "  VOICECLONE_API_KEY, or embedded: --local.",
    ].join("\n"),
  ),
  Command.withSubcommands([
    clone,
    batch,
    create,
    status,
    wait,
    download,
    list,
    resume,
    verify,
    play,
    cancel,
    serve,
    backup,
    keys,
    engine,
    login,
    logout,
    whoami,
    config,
    doctor,
    completion((): Command.Command.Any => voiceclone),
  ]),
  Command.provideEffect(Verbosity, verbosity),
  Command.withGlobalFlags([Quiet, Verbose]),
)
