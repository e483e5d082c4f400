/**
 * The runtime of single calls: loaded with the first one.
 */
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as ClientBrowser from "../ClientBrowser.ts"

export const runtime = (options: ClientBrowser.Options) => ManagedRuntime.make(ClientBrowser.layer(options))
