/**
 * What the command reads besides its command line, and what it keeps: for the man page and the documentation.
 */

/** The variables of the environment; those of a server are `settings` of `@voiceclone/server/Settings`. */
export const variables: ReadonlyArray<readonly [name: string, meaning: string]> = [
  ["VOICECLONE_API_KEY", "the API key. There is no flag for it: arguments are seen by every user of a machine"],
  ["VOICECLONE_BASE_URL", "where the API begins; by default the hosted service"],
  ["VOICECLONE_ALLOW_INSECURE", "`1` allows plain http to another machine"],
  ["NODE_EXTRA_CA_CERTS", "a file (PEM) with certificates of authorities of your own, for https"],
  ["NO_COLOR", "no colours"],
  ["CI", "plain lines on a terminal too, as with `TERM=dumb`"],
  ["TMPDIR", "holds what is piped in, and speech on its way to standard output"],
  ["BROWSER", "the program that `serve --open` opens its page with"],
  ["XDG_CONFIG_HOME", "the server's address and the keys are in `voiceclone` under it (`~/.config`)"],
  ["XDG_STATE_HOME", "jobs are written down in `voiceclone/jobs` under it (`~/.local/state`)"],
  ["XDG_DATA_HOME", "embedded servers and voice models are in `voiceclone` under it (`~/.local/share`)"],
  ["XDG_CACHE_HOME", "compiled code is in `voiceclone` under it (`~/.cache`), and may be deleted"],
]

/** The files that are kept, below the usual directories. */
export const files: ReadonlyArray<readonly [path: string, meaning: string]> = [
  ["~/.config/voiceclone/config.json", "the server's address; config"],
  ["~/.config/voiceclone/credentials.json", "the API keys, for their owner's eyes alone (mode 0600); login, logout"],
  ["~/.local/state/voiceclone/jobs", "the journal: a JSON file for each job, with neither the key nor the text in it"],
  ["~/.local/share/voiceclone/server", "the data of an embedded server; its API key is in the file key"],
  ["~/.local/share/voiceclone/models", "the voice models; engine install"],
  ["FILE.part, FILE.part.json", "a download that was interrupted, beside its FILE. The same command goes on with it"],
]
