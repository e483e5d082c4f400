/** The voice-cloning HTTP API, self-hosted: {@link Server.Server.layer} is the way in. */
export * as ApiKeys from "./ApiKeys.ts"
export * as Server from "./Server.ts"
export * as ServerError from "./ServerError.ts"
export * as ServerOptions from "./ServerOptions.ts"
