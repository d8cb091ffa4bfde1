import { z } from 'zod';

/** Schema of a point in time in requests and responses: RFC 3339. Baton stores and returns it in UTC. */
export const timeSchema = z.iso.datetime({ offset: true });
