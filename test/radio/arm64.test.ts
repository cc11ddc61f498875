import { describe } from 'vitest';
import { hearsAndForwards } from './hears-and-forwards.suite.ts';

describe('on arm64', () => {
  hearsAndForwards('arm64');
});
