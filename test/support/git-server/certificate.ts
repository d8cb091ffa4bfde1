// Makes a self-signed certificate for servers on loopback, because Node.js can make keys but no certificates.
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** A private key and its certificate, both as PEM. The certificate is its own authority. */
export interface Certificate {
  key: string;
  cert: string;
}

const YEAR_MS = 365 * 24 * 3600 * 1000;

const SEQUENCE = 0x30;
const SET = 0x31;
const OID = {
  commonName: '550403',
  ecdsaWithSha256: '2a8648ce3d040302',
  subjectAltName: '551d11',
  basicConstraints: '551d13',
};

/** Makes a certificate for these host names, and for 127.0.0.1 and ::1. It is valid for a year. */
export function makeCertificate(names: readonly string[]): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = tlv(SEQUENCE, oid(OID.ecdsaWithSha256));
  const name = tlv(
    SEQUENCE,
    tlv(SET, tlv(SEQUENCE, oid(OID.commonName), tlv(0x0c, Buffer.from('Baton test server')))),
  );
  const ipv6 = Buffer.alloc(16);
  ipv6[15] = 1;
  const alternatives = tlv(
    SEQUENCE,
    ...names.map((one) => tlv(0x82, Buffer.from(one))),
    tlv(0x87, Buffer.from([127, 0, 0, 1])),
    tlv(0x87, ipv6),
  );
  const body = tlv(
    SEQUENCE,
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    name,
    tlv(SEQUENCE, time(Date.now() - YEAR_MS / 365), time(Date.now() + YEAR_MS)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    tlv(
      0xa3,
      tlv(
        SEQUENCE,
        extension(OID.subjectAltName, alternatives),
        extension(OID.basicConstraints, tlv(SEQUENCE, tlv(0x01, Buffer.from([0xff])))),
      ),
    ),
  );
  const signature = tlv(0x03, Buffer.from([0]), sign('sha256', body, privateKey));
  const der = tlv(SEQUENCE, body, algorithm, signature).toString('base64');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${der.replace(/.{64}/g, '$&\n').trimEnd()}\n-----END CERTIFICATE-----\n`,
  };
}

function extension(id: string, value: Buffer): Buffer {
  return tlv(SEQUENCE, oid(id), tlv(0x04, value));
}

function oid(hex: string): Buffer {
  return tlv(0x06, Buffer.from(hex, 'hex'));
}

function time(ms: number): Buffer {
  const text = new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '');
  return tlv(0x17, Buffer.from(text.slice(2)));
}

/** Encodes one value of ASN.1: its tag, its length, its content. */
function tlv(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const length =
    content.length < 0x80
      ? Buffer.from([content.length])
      : Buffer.from([0x82, content.length >> 8, content.length & 0xff]);
  return Buffer.concat([Buffer.from([tag]), length, content]);
}
