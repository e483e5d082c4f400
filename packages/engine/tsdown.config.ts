import { defineConfig } from "tsdown"

export default defineConfig({
  // Nothing imports the worker's program: it is started by its address.
  entry: ["src/*.ts", "src/internal/fliteWorker.ts"],
  platform: "node",
  target: "es2023",
  dts: true,
  sourcemap: true,
  fixedExtension: false,
  unbundle: true,
})
