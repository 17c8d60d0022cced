interface Chunk {
  readonly type: string;
  readonly data: Buffer;
}

const SIGNATURE = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);

/** Combines still PNGs of the same size and format into one animated PNG that loops forever. */
export function animate(stills: readonly Buffer[], delayMs: number): Buffer {
  const frames = stills.map(chunksOf);
  const header = frames[0]?.find(({ type }) => type === "IHDR")?.data;
  if (header === undefined) throw new Error("An animation needs a picture.");
  const count = Buffer.alloc(8);
  count.writeUInt32BE(frames.length, 0);
  const parts = [SIGNATURE, written("IHDR", header), written("acTL", count)];
  let sequence = 0;
  for (const [at, chunks] of frames.entries()) {
    const control = Buffer.alloc(26);
    control.writeUInt32BE(sequence++, 0);
    header.copy(control, 4, 0, 8);
    control.writeUInt16BE(delayMs, 20);
    control.writeUInt16BE(1000, 22);
    parts.push(written("fcTL", control));
    for (const { data } of chunks.filter(({ type }) => type === "IDAT")) {
      // The first frame is also the image for viewers without animation support.
      parts.push(at === 0 ? written("IDAT", data) : written("fdAT", numbered(sequence++, data)));
    }
  }
  parts.push(written("IEND", Buffer.alloc(0)));
  return Buffer.concat(parts);
}

function numbered(sequence: number, data: Buffer): Buffer {
  const number = Buffer.alloc(4);
  number.writeUInt32BE(sequence, 0);
  return Buffer.concat([number, data]);
}

function chunksOf(png: Buffer): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = SIGNATURE.length; at < png.length;) {
    const length = png.readUInt32BE(at);
    const type = png.toString("latin1", at + 4, at + 8);
    chunks.push({ type, data: png.subarray(at + 8, at + 8 + length) });
    at += length + 12;
  }
  return chunks;
}

function written(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(data.length, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(checksum(body), body.length + 4);
  return chunk;
}

/** The CRC-32 used by PNG and zip. */
function checksum(data: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
