// The form of the URLs that lead to Redis and MongoDB, in settings and in the options of the package.
import { z } from 'zod';

/** `redis://`, a host, and a database by its number; the client takes anything else for a path of a socket. */
const REDIS_URL = /^rediss?:\/\/[^/?#]+(\/\d*)?([?#].*)?$/;

/** The URL of a Redis server. */
export const redisUrlSchema = z
  .string('expected the URL of a Redis server')
  .regex(/^rediss?:\/\/./, { error: 'expected redis:// or rediss://', abort: true })
  .regex(
    REDIS_URL,
    'expected a host, and a database by its number, as in redis://localhost:6379/0',
  );

/** The URL of a MongoDB server. */
export const mongodbUrlSchema = z
  .string('expected the URL of a MongoDB server')
  .regex(/^mongodb(\+srv)?:\/\/./, 'expected mongodb:// or mongodb+srv://')
  // The driver finds a host that is missing only while it connects, and then ends the process.
  .refine(namesItsHosts, 'expected a host before and after each comma');

function namesItsHosts(url: string): boolean {
  const [, hosts = ''] = /^[^:]+:\/\/(?:[^@/]*@)?([^/?]*)/.exec(url) ?? [];
  return hosts.split(',').every((host) => host.trim() !== '');
}
