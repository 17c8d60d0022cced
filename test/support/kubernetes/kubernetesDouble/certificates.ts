import { createPrivateKey, generateKeyPairSync, randomBytes, sign } from "node:crypto";

/** A certificate and its key, as PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority for the length of a test. */
export interface CertificateAuthority extends Certificate {
  /** Issues a certificate for a loopback server also known as `names`, or for the client `commonName`. */
  issue(commonName: string, names?: readonly string[]): Certificate;
}

type Part = Buffer | readonly number[];

function der(tag: number, ...parts: readonly Part[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const size =
    body.length < 128
      ? [body.length]
      : body.length < 256
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
}

const sequence = (...parts: readonly Part[]): Buffer => der(0x30, ...parts);
const oid = (...bytes: readonly number[]): Buffer => der(0x06, bytes);
const octets = (...parts: readonly Part[]): Buffer => der(0x04, ...parts);
const ECDSA_SHA256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));

function nameOf(commonName: string): Buffer {
  const text = der(0x0c, Buffer.from(commonName));
  return sequence(der(0x31, sequence(oid(0x55, 0x04, 0x03), text)));
}

function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/[-:T]/g, "").slice(2, 14);
  return der(0x17, Buffer.from(`${digits}Z`));
}

const DAY_MS = 86_400_000;

function certify(
  subject: string,
  issuer: { readonly name: string; readonly key: string } | undefined,
  names: readonly string[],
): Certificate {
  const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const isAuthority = issuer === undefined;
  const constraints = sequence(
    oid(0x55, 0x1d, 0x13),
    der(0x01, [255]),
    octets(sequence(...(isAuthority ? [der(0x01, [255])] : []))),
  );
  const alternatives = sequence(
    oid(0x55, 0x1d, 0x11),
    octets(
      sequence(der(0x87, [127, 0, 0, 1]), ...names.map((name) => der(0x82, Buffer.from(name)))),
    ),
  );
  const body = sequence(
    der(0xa0, der(0x02, [2])),
    der(0x02, [1], randomBytes(8)),
    ECDSA_SHA256,
    nameOf(issuer?.name ?? subject),
    sequence(time(Date.now() - DAY_MS), time(Date.now() + 30 * DAY_MS)),
    nameOf(subject),
    pair.publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(constraints, ...(isAuthority ? [] : [alternatives]))),
  );
  const signature = sign("sha256", body, createPrivateKey(issuer?.key ?? key));
  const whole = sequence(body, ECDSA_SHA256, der(0x03, [0], signature));
  const lines =
    whole
      .toString("base64")
      .match(/.{1,64}/g)
      ?.join("\n") ?? "";
  return { cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`, key };
}

/** Creates an authority without any external program. */
export function createAuthority(): CertificateAuthority {
  const name = `test authority ${randomBytes(4).toString("hex")}`;
  const own = certify(name, undefined, []);
  return {
    ...own,
    issue: (commonName, names = ["localhost"]) =>
      certify(commonName, { name, key: own.key }, names),
  };
}
