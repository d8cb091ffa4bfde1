// Loaded before a worker's main.ts by `node --import`. It makes the worker support the feature 'invented'.
import { FEATURES } from '@baton/core/internal';

(FEATURES as Set<string>).add('invented');
