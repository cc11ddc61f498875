#!/usr/bin/env node
import { startProgram } from '@tdc/shared/start-program.js';

startProgram('tdc-server', () => import('../src/tdc-server.ts'));
