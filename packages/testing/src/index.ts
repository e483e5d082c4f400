/**
 * The fake voice-cloning API to test against, and what adapters have to pass. `FakeServer` needs Node.js and is no part
 * of this barrel: import it as `@voiceclone/testing/FakeServer`.
 */
export * as Conformance from "./Conformance.ts"
export * as DigestConformance from "./DigestConformance.ts"
export * as FakeApi from "./FakeApi.ts"
export * as FakeHttpClient from "./FakeHttpClient.ts"
export * as Fault from "./Fault.ts"
export * as JournalStoreConformance from "./JournalStoreConformance.ts"
export * as NamedFault from "./NamedFault.ts"
export * as Reply from "./Reply.ts"
export * as SeededRandom from "./SeededRandom.ts"
export * as Serving from "./Serving.ts"
export * as WavFile from "./WavFile.ts"
