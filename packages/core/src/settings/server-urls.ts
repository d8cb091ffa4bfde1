// Schemas of the URLs of Redis and MongoDB, for settings and for the options of the package.
import { z } from 'zod';

/**
 * Matches `redis://`, a host, and an optional database number. The client would treat any other text as a socket path.
 */
const REDIS_URL = /^rediss?:\/\/[^/?#]+(\/\d*)?([?#].*)?$/;

/** Schema of the URL of a Redis server. */
export const redisUrlSchema = z
  .string('expected the URL of a Redis server')
  .regex(/^rediss?:\/\/./, { error: 'expected redis:// or rediss://', abort: true })
  .regex(
    REDIS_URL,
    'expected a host and an optional database number, as in redis://localhost:6379/0',
  );

/** Schema of the URL of a MongoDB server. */
export const mongodbUrlSchema = z
  .string('expected the URL of a MongoDB server')
  .regex(/^mongodb(\+srv)?:\/\/./, 'expected mongodb:// or mongodb+srv://')
  // Otherwise the driver notices a missing host only while it connects, and then ends the process.
  .refine(namesItsHosts, 'expected a host before and after each comma');

function namesItsHosts(url: string): boolean {
  const [, hosts = ''] = /^[^:]+:\/\/(?:[^@/]*@)?([^/?]*)/.exec(url) ?? [];
  return hosts.split(',').every((host) => host.trim() !== '');
}
