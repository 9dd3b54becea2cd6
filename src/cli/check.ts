// `sallyport check`: every issue of a configuration with its place, and nothing served.
import { EXIT } from './exit-codes.ts';
import { problemLine } from './problem-line.ts';

/** Prints the issues on the standard output, sets the exit code. */
export async function check({ config }: { readonly config: string }): Promise<void> {
  const { checkConfig } = await import('../app/check-config.ts');
  const { isUsable, problems } = await checkConfig(config, process.env);
  for (const problem of problems) console.log(problemLine(problem));
  if (isUsable) console.log(`${config} can be used.`);
  else process.exitCode = EXIT.config;
}
