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
    { group: "Jobs", commands: [clone, batch, create, status, wait, download, list, resume, cancel] },
    { group: "Sound files", commands: [verify, play] },
    { group: "A server of your own", commands: [serve, keys, engine, backup] },
    {
      group: "Set-up",
      commands: [login, logout, whoami, config, doctor, completion((): Command.Command.Any => voiceclone)],
    },
  ]),
  Command.withExamples([
    {
      command: `voiceclone clone voice.wav --text "Good morning!" -o speech.wav --local`,
      description: "On this machine, without an account",
    },
    { command: "voiceclone login --base-url https://host/api", description: "At a server: keep its key, once" },
    { command: "voiceclone clone --help", description: "All about one command" },
  ]),
  Command.provideEffect(Verbosity, verbosity),
  Command.withGlobalFlags([Quiet, Verbose]),
)
