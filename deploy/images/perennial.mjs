// The command line of operators, in every image: `docker compose exec auth node perennial.mjs doctor`. docs/deploy/command-line.md
import './cli/cli/dist/main.js';
