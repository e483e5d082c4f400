import { defineConfig } from "tsdown"

export default defineConfig([
  {
    entry: ["src/*.ts"],
    platform: "neutral",
    target: "es2023",
    dts: true,
    sourcemap: true,
    fixedExtension: false,
    unbundle: true,
  },
  // for pages without Effect: all of it inside, in parts that are loaded when they are needed
  {
    entry: { standalone: "src/standalone.ts" },
    outDir: "dist/standalone",
    platform: "browser",
    target: "es2023",
    dts: false,
    minify: true,
    fixedExtension: false,
    clean: false,
    // core comes from its sources: what is bundled is never older than what is read
    inputOptions: { resolve: { conditionNames: ["@voiceclone/source", "browser", "import", "default"] } },
    deps: { alwaysBundle: [/.*/], onlyBundle: false },
  },
])
