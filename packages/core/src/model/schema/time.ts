import { z } from 'zod';

/** A point in time as callers write and read it: RFC 3339, stored and shown in UTC. */
export const timeSchema = z.iso.datetime({ offset: true });
