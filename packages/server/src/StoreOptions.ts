/**
 * Where samples and results lie, if not in the data directory: a bucket of a store that speaks Amazon's S3.
 *
 * | variable                                                         | is                                                |
 * | ---------------------------------------------------------------- | ------------------------------------------------- |
 * | `VOICECLONE_STORE`                                               | `s3://bucket`, or `s3://bucket/prefix`            |
 * | `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` | who asks                                          |
 * | `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`                        | the store's address, where it is not Amazon's own |
 * | `AWS_REGION`, `AWS_DEFAULT_REGION`                               | where the bucket is; by default `us-east-1`       |
 */
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"

/** A bucket, and what opens it. */
export interface StoreOptions {
  readonly bucket: string
  /** Before the name of each object, without slashes around it; empty for none. */
  readonly prefix: string
  readonly region: string
  /** The origin of the store's address. Without one it is Amazon's own. */
  readonly endpoint: string | undefined
  readonly accessKeyId: string
  readonly secretAccessKey: Redacted.Redacted<string>
  readonly sessionToken: Redacted.Redacted<string> | undefined
}

/** The store's address as it was told. */
export const address = ({ bucket, prefix }: StoreOptions): string => `s3://${bucket}${prefix && `/${prefix}`}`

/** Letters that stand for themselves in addresses and in signatures; `.` and `..` would be resolved away. */
const location = /^s3:\/\/(?<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?<prefix>(?:\/(?!\.{1,2}(?:\/|$))[\w.-]+)*)\/?$/u

const isOrigin = (text: string): boolean =>
  URL.canParse(text) && /^https?:$/u.test(new URL(text).protocol) && new URL(text).href === `${new URL(text).origin}/`

/** Reads the store's address and the variables about it; fails with what is wrong, secrets left out. */
export const parse = (
  store: string,
  environment: Readonly<Record<string, string | undefined>>,
): Result.Result<StoreOptions, ReadonlyArray<string>> => {
  const problems: Array<string> = []
  const read = (...names: ReadonlyArray<string>) => {
    const name = names.find((name) => (environment[name]?.trim() ?? "") !== "")
    return name === undefined ? undefined : { name, value: environment[name]!.trim() }
  }
  const needed = (name: string) => {
    const value = read(name)?.value
    if (value === undefined) problems.push(`${name} is not set, and the store needs it`)
    return value ?? ""
  }
  const { bucket = "", prefix = "" } = location.exec(store)?.groups ?? {}
  if (bucket === "") problems.push("it is not s3://bucket or s3://bucket/prefix")
  const endpoint = read("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
  if (endpoint !== undefined && !isOrigin(endpoint.value)) {
    problems.push(`${endpoint.name} is not the address of a store, e.g. https://s3.example.com`)
  }
  const token = read("AWS_SESSION_TOKEN")
  const options: StoreOptions = {
    bucket,
    prefix: prefix.slice(1),
    region: read("AWS_REGION", "AWS_DEFAULT_REGION")?.value ?? "us-east-1",
    endpoint: endpoint?.value,
    accessKeyId: needed("AWS_ACCESS_KEY_ID"),
    secretAccessKey: Redacted.make(needed("AWS_SECRET_ACCESS_KEY")),
    sessionToken: token === undefined ? undefined : Redacted.make(token.value),
  }
  return problems.length === 0 ? Result.succeed(options) : Result.fail(problems)
}
