#!/usr/bin/env node
import { hideBin } from 'yargs/helpers';
import { run } from './program';

process.exitCode = await run(hideBin(process.argv));
