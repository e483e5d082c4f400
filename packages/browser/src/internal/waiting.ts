/**
 * The runtime of waiting, on that of single calls: loaded when something is first waited for.
 */
import type { InvalidInput } from "@voiceclone/core/TaskError"
import type { VoiceCloneClient } from "@voiceclone/core/VoiceCloneClient"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as PollerBrowser from "../PollerBrowser.ts"

export const runtime = (calls: ManagedRuntime.ManagedRuntime<VoiceCloneClient, InvalidInput>) =>
  ManagedRuntime.make(Layer.provideMerge(PollerBrowser.layer, Layer.effectContext(calls.contextEffect)))
