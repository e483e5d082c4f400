/**
 * What WebKit's tests begin with. WebKitGTK has sync access handles by name, and can make none: what its processes share is
 * made for Apple's systems alone (`SharedFileHandle`). So files are written by streams, as where no worker can be started.
 */
const Whole = Blob

globalThis.Blob = class extends Whole {
  constructor(parts: Array<BlobPart> = [], options?: BlobPropertyBag) {
    const before = "delete FileSystemFileHandle.prototype.createSyncAccessHandle;"
    super(options?.type === "text/javascript" ? [before, ...parts] : parts, options)
  }
}
