/**
 * Everything that a self-hosted server can be told: one list, from which come the flags of `voiceclone serve`, its
 * `--help`, the names in the environment and in the configuration file, and the table in the documentation.
 *
 * Plain values alone, so that the command line can show them without loading a server.
 */

/** One setting. */
export interface Setting {
  /** The flag without its hyphens, and the key in the configuration file. */
  readonly name: string
  /** The variable of the environment. */
  readonly variable: string
  /** What a value is, in a word. */
  readonly metavar: string
  readonly description: string
  /** What holds where nothing is said, in words; empty where that is nothing. */
  readonly fallback: string
  /** The only values, where there are so few. */
  readonly choices?: readonly [string, ...ReadonlyArray<string>]
  /** Where it can be said besides the file and the environment. A command line is no place for a secret. */
  readonly flag: "own" | "global" | "none"
}

/** All settings. `ServerOptions` says more about some. */
export const settings = [
  {
    name: "config",
    variable: "VOICECLONE_CONFIG",
    metavar: "FILE",
    description: "A JSON file with more settings",
    fallback: "",
    flag: "own",
  },
  {
    name: "host",
    variable: "VOICECLONE_HOST",
    metavar: "ADDRESS",
    description: "Where to listen; 0.0.0.0: everywhere",
    fallback: "127.0.0.1",
    flag: "own",
  },
  {
    name: "port",
    variable: "VOICECLONE_PORT",
    metavar: "PORT",
    description: "The port to listen on; 0 takes a free one",
    fallback: "8787",
    flag: "own",
  },
  {
    name: "data",
    variable: "VOICECLONE_DATA",
    metavar: "DIR",
    description: "Where tasks and results are",
    fallback: "in XDG_DATA_HOME",
    flag: "own",
  },
  {
    name: "database",
    variable: "DATABASE_URL",
    metavar: "URL",
    description: "A PostgreSQL database that several servers share: postgres://user:password@host/name",
    fallback: "SQLite in the data directory",
    flag: "none",
  },
  {
    name: "workers",
    variable: "VOICECLONE_WORKERS",
    metavar: "COUNT",
    description: "Tasks worked on at once; 0: only the API",
    fallback: "1",
    flag: "own",
  },
  {
    name: "store",
    variable: "VOICECLONE_STORE",
    metavar: "URL",
    description: "A bucket, s3://name/prefix",
    fallback: "the data directory",
    flag: "own",
  },
  {
    name: "keys",
    variable: "VOICECLONE_SERVER_KEYS",
    metavar: "KEYS",
    description: "Who may use it: owner:key,owner2:key2",
    fallback: "one key, made at the first start",
    flag: "none",
  },
  {
    name: "retention",
    variable: "VOICECLONE_RETENTION",
    metavar: "TIME",
    description: "How long a result is kept",
    fallback: "7d",
    flag: "own",
  },
  {
    name: "memory",
    variable: "VOICECLONE_MEMORY",
    metavar: "TIME",
    description: "How long a task outlives its result",
    fallback: "30d",
    flag: "own",
  },
  {
    name: "engine",
    variable: "VOICECLONE_ENGINE",
    metavar: "ENGINE",
    description: "What speaks",
    fallback: "match",
    choices: ["match", "fixed", "http", "sherpa"],
    flag: "own",
  },
  {
    name: "max-sample-size",
    variable: "VOICECLONE_MAX_SAMPLE_SIZE",
    metavar: "SIZE",
    description: "The largest voice sample",
    fallback: "25MiB",
    flag: "own",
  },
  {
    name: "max-sample-length",
    variable: "VOICECLONE_MAX_SAMPLE_LENGTH",
    metavar: "TIME",
    description: "The longest voice sample",
    fallback: "10m",
    flag: "own",
  },
  {
    name: "max-text-length",
    variable: "VOICECLONE_MAX_TEXT_LENGTH",
    metavar: "COUNT",
    description: "The longest text, in characters",
    fallback: "100000",
    flag: "own",
  },
  {
    name: "max-tasks",
    variable: "VOICECLONE_MAX_TASKS",
    metavar: "COUNT",
    description: "Unended tasks that an owner may have",
    fallback: "10000",
    flag: "own",
  },
  {
    name: "max-requests",
    variable: "VOICECLONE_MAX_REQUESTS",
    metavar: "COUNT",
    description: "Requests a minute of an owner's",
    fallback: "60000",
    flag: "own",
  },
  {
    name: "allowed-origins",
    variable: "VOICECLONE_ALLOWED_ORIGINS",
    metavar: "ORIGINS",
    description: "Web origins that may call it, by commas",
    fallback: "all",
    flag: "own",
  },
  {
    name: "private-webhooks",
    variable: "VOICECLONE_PRIVATE_WEBHOOKS",
    metavar: "YES-OR-NO",
    description: "Whether webhooks may go to addresses that are not public",
    fallback: "no",
    choices: ["yes", "no"],
    flag: "none",
  },
  {
    name: "shutdown-timeout",
    variable: "VOICECLONE_SHUTDOWN_TIMEOUT",
    metavar: "TIME",
    description: "How long requests may go on after a stop",
    fallback: "3s",
    flag: "own",
  },
  {
    name: "metrics-token",
    variable: "VOICECLONE_METRICS_TOKEN",
    metavar: "TOKEN",
    description: "Who may read /metrics from other machines: bearers of this token",
    fallback: "nobody",
    flag: "none",
  },
  {
    name: "log",
    variable: "VOICECLONE_LOG",
    metavar: "FORMAT",
    description: "The log's form",
    fallback: "logfmt",
    choices: ["logfmt", "json", "pretty"],
    flag: "own",
  },
  {
    name: "log-level",
    variable: "VOICECLONE_LOG_LEVEL",
    metavar: "LEVEL",
    description: "The least serious lines of the log",
    fallback: "info",
    choices: ["all", "trace", "debug", "info", "warn", "error", "fatal", "none"],
    flag: "global",
  },
  {
    name: "engine-url",
    variable: "VOICECLONE_ENGINE_URL",
    metavar: "URL",
    description: "Engine http: the speech service's address",
    fallback: "",
    flag: "none",
  },
  {
    name: "engine-key",
    variable: "VOICECLONE_ENGINE_KEY",
    metavar: "KEY",
    description: "Engine http: its API key",
    fallback: "",
    flag: "none",
  },
  {
    name: "engine-model",
    variable: "VOICECLONE_ENGINE_MODEL",
    metavar: "NAME",
    description: "Engine http: the model, as the service names it",
    fallback: "",
    flag: "none",
  },
  {
    name: "engine-voice",
    variable: "VOICECLONE_ENGINE_VOICE",
    metavar: "NAME",
    description: "Engine http: a voice of the service's own, where it wants one beside the sample",
    fallback: "",
    flag: "none",
  },
  {
    name: "engine-form",
    variable: "VOICECLONE_ENGINE_FORM",
    metavar: "FORM",
    description: "Engine http: how it is asked",
    fallback: "openai",
    choices: ["openai", "multipart"],
    flag: "none",
  },
  {
    name: "engine-fields",
    variable: "VOICECLONE_ENGINE_FIELDS",
    metavar: "FIELDS",
    description: "Engine http: other names for fields: text=utterance,sample=clip",
    fallback: "",
    flag: "none",
  },
  {
    name: "engine-format",
    variable: "VOICECLONE_ENGINE_FORMAT",
    metavar: "FORMAT",
    description: "Engine http: what it answers with",
    fallback: "wav",
    choices: ["wav", "pcm"],
    flag: "none",
  },
  {
    name: "engine-split",
    variable: "VOICECLONE_ENGINE_SPLIT",
    metavar: "PART",
    description: "Engine http: a request for each sentence, or for as much text as goes",
    fallback: "sentence",
    choices: ["sentence", "text"],
    flag: "none",
  },
  {
    name: "allow-insecure",
    variable: "VOICECLONE_ALLOW_INSECURE",
    metavar: "1",
    description: "Engine http: 1 lets its key travel over plain http to another machine",
    fallback: "",
    flag: "none",
  },
  {
    name: "engine-dir",
    variable: "VOICECLONE_ENGINE_DIR",
    metavar: "DIR",
    description: "Engine sherpa: the model's directory",
    fallback: "",
    flag: "none",
  },
  {
    name: "engine-threads",
    variable: "VOICECLONE_ENGINE_THREADS",
    metavar: "COUNT",
    description: "Engine sherpa: threads that compute",
    fallback: "",
    flag: "none",
  },
  {
    name: "engine-steps",
    variable: "VOICECLONE_ENGINE_STEPS",
    metavar: "COUNT",
    description: "Engine sherpa: steps of the flow",
    fallback: "",
    flag: "none",
  },
] as const satisfies ReadonlyArray<Setting>

/** What a setting is called. */
export type Name = (typeof settings)[number]["name"]
