// Loaded before a worker's main.ts (node --import), this makes the worker understand the word 'invented'.
import { FEATURES } from '@baton/core/internal';

(FEATURES as Set<string>).add('invented');
