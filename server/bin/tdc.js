#!/usr/bin/env node
import { startProgram } from '@tdc/shared/start-program.js';

startProgram('tdc', () => import('../src/tdc.ts'));
