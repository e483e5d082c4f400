/**
 * Voice models that hold arithmetic instead of weights. What they speak is a tone as loud as the reference and as long
 * as the text, so a test can tell that both have arrived.
 */
import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { encode } from "./onnx.ts"

const features = 100
const bins = 513
/** Frames of 256 samples for each token. */
const framesPerToken = 12

/** Frames that the speech and the reference have together. */
const zipvoiceEncoder = encode({
  inputs: [
    ["tokens", "int64", [1, -1]],
    ["prompt_tokens", "int64", [1, -1]],
    ["prompt_features_len", "int64", [1]],
    ["speed", "float", [1]],
  ],
  outputs: [["text_condition", "float", [1, -1, features]]],
  constants: {
    one: ["int64", [1], [1]],
    features: ["int64", [1], [features]],
    per_token: ["int64", [1], [framesPerToken]],
  },
  nodes: [
    ["Shape", ["tokens"], ["shape"]],
    ["Gather", ["shape", "one"], ["count"]],
    ["Mul", ["count", "per_token"], ["spoken"]],
    ["Add", ["spoken", "prompt_features_len"], ["frames"]],
    ["Concat", ["one", "frames", "features"], ["size"], { axis: 0 }],
    ["ConstantOfShape", ["size"], ["text_condition"]],
  ],
  metadata: { use_espeak: 1 },
})

/** A flow that leads from anywhere to the reference's tenth frame. */
const zipvoiceDecoder = (metadata: Readonly<Record<string, string | number>>) =>
  encode({
    inputs: [
      ["t", "float", [1]],
      ["x", "float", [1, -1, features]],
      ["text_condition", "float", [1, -1, features]],
      ["speech_condition", "float", [1, -1, features]],
      ["guidance_scale", "float", [1]],
    ],
    outputs: [["v", "float", [1, -1, features]]],
    constants: {
      start: ["int64", [1], [10]],
      end: ["int64", [1], [11]],
      axis: ["int64", [1], [1]],
      one: ["float", [1], [1]],
    },
    nodes: [
      ["Slice", ["speech_condition", "start", "end", "axis"], ["goal"]],
      ["Sub", ["goal", "x"], ["way"]],
      ["Sub", ["one", "t"], ["time"]],
      ["Div", ["way", "time"], ["v"]],
    ],
    metadata,
  })

/** All energy in the bin of 469 Hz, as much of it as the logarithmic features tell. */
const zipvoiceVocoder = encode({
  inputs: [["mels", "float", [1, features, -1]]],
  outputs: [
    ["mag", "float", [1, bins, -1]],
    ["x", "float", [1, bins, -1]],
    ["y", "float", [1, bins, -1]],
  ],
  constants: {
    bin: ["float", [1, bins, 1], Array.from({ length: bins }, (_, i) => (i === 20 ? 20_000 : 0))],
    zero: ["float", [1], [0]],
    one: ["float", [1], [1]],
  },
  nodes: [
    ["ReduceMean", ["mels"], ["mean"], { axes: [1], keepdims: 1 }],
    ["Exp", ["mean"], ["level"]],
    ["Mul", ["level", "bin"], ["mag"]],
    ["Mul", ["mag", "zero"], ["y"]],
    ["Add", ["y", "one"], ["x"]],
  ],
  metadata: { model_type: "vocos", n_fft: 1024, hop_length: 256, win_length: 1024 },
})

const letters = Array.from("_ ,.!?abcdefghijklmnopqrstuvwxyz")

const write = async (directory: string, files: Readonly<Record<string, string | Uint8Array>>) => {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(directory, name, ".."), { recursive: true })
    await writeFile(join(directory, name), content)
  }
  return directory
}

const decoderMetadata = {
  version: 1,
  feat_dim: features,
  sample_rate: 24_000,
  n_fft: 1024,
  hop_length: 256,
  window_length: 1024,
  num_mels: features,
}

/** The version of its data that the espeak-ng inside wants, and its sample rate. */
const phondata = new Uint8Array(Uint32Array.of(0x01_48_01, 22_050).buffer)

/** A ZipVoice model that speaks words of the letters a to z, in lower case, and no others. */
export const zipvoice = (directory: string, overrides: Readonly<Record<string, string | Uint8Array>> = {}) =>
  write(directory, {
    "encoder.int8.onnx": zipvoiceEncoder,
    "decoder.int8.onnx": zipvoiceDecoder(decoderMetadata),
    "vocos_24khz.onnx": zipvoiceVocoder,
    "tokens.txt": letters.map((letter, i) => `${letter} ${i}`).join("\n"),
    "lexicon.txt": "hello h e l l o\nthere t h e r e\n",
    "espeak-ng-data/phontab": new Uint8Array(4),
    "espeak-ng-data/phonindex": new Uint8Array(4),
    "espeak-ng-data/phondata": phondata,
    "espeak-ng-data/intonations": new Uint8Array(0),
    LICENSE: "Apache License\n",
    ...overrides,
  })

/** One whose flow has another number of features than it says. */
export const contradictory = (directory: string) =>
  zipvoice(directory, { "decoder.int8.onnx": zipvoiceDecoder({ ...decoderMetadata, feat_dim: 80, num_mels: 80 }) })

/** Of PocketTTS: samples of a frame, and the sizes of an embedding and of a latent. */
const frame = 1_920
const embedding = 1_024
const latent = 32

/** The reference's mean magnitude, in every element of three frames. */
const pocketEncoder = encode({
  inputs: [["audio", "float", [1, 1, -1]]],
  outputs: [["embeddings", "float", [1, -1, embedding]]],
  constants: { size: ["int64", [3], [1, 3, embedding]] },
  nodes: [
    ["Abs", ["audio"], ["magnitude"]],
    ["ReduceMean", ["magnitude"], ["mean"]],
    ["Expand", ["mean", "size"], ["embeddings"]],
  ],
})

/** Nothing, for each token. */
const pocketTextConditioner = encode({
  inputs: [["token_ids", "int64", [1, -1]]],
  outputs: [["embeddings", "float", [1, -1, embedding]]],
  constants: { size: ["int64", [1], [embedding]] },
  nodes: [
    ["Shape", ["token_ids"], ["shape"]],
    ["Concat", ["shape", "size"], ["all"], { axis: 0 }],
    ["ConstantOfShape", ["all"], ["embeddings"]],
  ],
})

/** Remembers the level that it was given, and how many frames it has yet to speak; the last three end the speech. */
const pocketMain = encode({
  inputs: [
    ["sequence", "float", [1, -1, latent]],
    ["text_embeddings", "float", [1, -1, embedding]],
    ["level", "float", [1]],
    ["left", "float", [1]],
  ],
  outputs: [
    ["conditioning", "float", [1, embedding]],
    ["eos_logit", "float", [1, 1]],
    ["next_level", "float", [1]],
    ["next_left", "float", [1]],
  ],
  constants: {
    one: ["int64", [1], [1]],
    square: ["int64", [2], [1, 1]],
    size: ["int64", [2], [1, embedding]],
    elements: ["float", [1], [3 * embedding]],
  },
  nodes: [
    ["ReduceSum", ["text_embeddings"], ["sum"]],
    ["Reshape", ["sum", "one"], ["flat"]],
    ["Div", ["flat", "elements"], ["mean"]],
    ["Add", ["level", "mean"], ["next_level"]],
    ["Shape", ["text_embeddings"], ["given"]],
    ["Gather", ["given", "one"], ["more"]],
    ["Cast", ["more"], ["added"], { to: 1 }],
    ["Shape", ["sequence"], ["spoken"]],
    ["Gather", ["spoken", "one"], ["less"]],
    ["Cast", ["less"], ["taken"], { to: 1 }],
    ["Add", ["left", "added"], ["sum_left"]],
    ["Sub", ["sum_left", "taken"], ["next_left"]],
    ["Neg", ["next_left"], ["end"]],
    ["Reshape", ["end", "square"], ["eos_logit"]],
    ["Expand", ["next_level", "size"], ["conditioning"]],
  ],
})

/** A flow that leads from anywhere to the level. */
const pocketFlow = encode({
  inputs: [
    ["c", "float", [1, embedding]],
    ["s", "float", [1, 1]],
    ["t", "float", [1, 1]],
    ["x", "float", [1, latent]],
  ],
  outputs: [["flow", "float", [1, latent]]],
  constants: { one: ["float", [1], [1]] },
  nodes: [
    ["ReduceMean", ["c"], ["goal"], { axes: [1], keepdims: 1 }],
    ["Sub", ["goal", "x"], ["way"]],
    ["Sub", ["one", "s"], ["time"]],
    ["Div", ["way", "time"], ["flow"]],
  ],
})

/** 500 Hz at the level that the latents have. */
const pocketDecoder = encode({
  inputs: [
    ["latent", "float", [1, -1, latent]],
    ["state", "float", [1]],
  ],
  outputs: [
    ["audio", "float", [1, 1, -1]],
    ["next_state", "float", [1]],
  ],
  constants: {
    tone: ["float", [1, 1, frame], Array.from({ length: frame }, (_, i) => Math.sin((2 * Math.PI * 500 * i) / 24_000))],
    size: ["int64", [3], [1, 1, -1]],
  },
  nodes: [
    ["ReduceMean", ["latent"], ["level"], { axes: [2], keepdims: 1 }],
    ["Mul", ["level", "tone"], ["frames"]],
    ["Reshape", ["frames", "size"], ["audio"]],
    ["Identity", ["state"], ["next_state"]],
  ],
})

const pieces = Array.from("▁.abcdefghijklmnopqrstuvwxyz")

/** A PocketTTS model that speaks a frame for each letter. */
export const pocket = (directory: string) =>
  write(directory, {
    "lm_flow.int8.onnx": pocketFlow,
    "lm_main.int8.onnx": pocketMain,
    "encoder.onnx": pocketEncoder,
    "decoder.int8.onnx": pocketDecoder,
    "text_conditioner.onnx": pocketTextConditioner,
    "vocab.json": JSON.stringify(Object.fromEntries(pieces.map((piece, i) => [piece, i]))),
    "token_scores.json": JSON.stringify(Object.fromEntries(pieces.map((piece) => [piece, -1]))),
  })
