#!/usr/bin/env node
import { startProgram } from '@tdc/shared/start-program.js';

startProgram('tdc-custodian', () => import('../src/tdc-custodian.ts'));
