/**
 * The command tree.
 */
import * as Command from "effect/cli/Command"
import { clone } from "./CloneCommand.ts"
import { completion } from "./CompletionCommand.ts"
import { create } from "./CreateCommand.ts"
import { download } from "./DownloadCommand.ts"
import { engine } from "./EngineCommand.ts"
import { list } from "./ListCommand.ts"
import { resume } from "./ResumeCommand.ts"
import { serve } from "./ServeCommand.ts"
import { status } from "./StatusCommand.ts"
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
    create,
    status,
    wait,
    download,
    list,
    resume,
    serve,
    engine,
    completion((): Command.Command.Any => voiceclone),
  ]),
)
