#!/usr/bin/env node
import { startProgram } from '@tdc/shared/start-program.js';

startProgram('tdc-agent', () => import('../src/tdc-agent.ts'));
