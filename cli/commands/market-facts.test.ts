import { Command } from 'commander';
import { parseSeeds, registerMarketFacts } from './market-facts.ts';

describe('seeds', () => {
  test.each([
    ['7', [7]],
    ['1-3', [1, 2, 3]],
    ['1,2,5', [1, 2, 5]],
    ['0, 8-9', [0, 8, 9]],
  ])('%s', (text, seeds) => {
    expect(parseSeeds(text)).toEqual(seeds);
  });

  test('1,000 of them are allowed', () => {
    expect(parseSeeds('1-1000')).toHaveLength(1000);
  });

  test.each([
    ['', /"" in "" is neither/],
    ['1,,2', /"" in "1,,2" is neither/],
    ['1.5', /"1\.5"/],
    ['-3', /"-3"/],
    ['one', /"one"/],
    ['1-2-3', /"1-2-3"/],
    ['99999999999999999999', /whole numbers/],
    ['5-1', /"5-1" ends before it begins; write 1-5/],
    ['1-1001', /more than 1000 seeds/],
    ['1-500,1001-1501', /more than 1000 seeds/],
    ['1-999999999999', /more than 1000 seeds/],
    ['1-3,2', /has 2 twice/],
  ])('"%s" is refused', (text, message) => {
    expect(() => parseSeeds(text)).toThrow(message);
    expect(() => parseSeeds(text)).toThrow(expect.objectContaining({ code: 'invalid_input' }) as Error);
  });
});

describe('the command', () => {
  const print = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  afterAll(() => print.mockRestore());

  async function run(...args: string[]): Promise<string> {
    print.mockClear();
    const program = new Command('mercato').option('--json');
    registerMarketFacts(program);
    await program.parseAsync([...args, 'facts', '--end', '09:45'], { from: 'user' });
    return print.mock.calls.map(([text]) => String(text)).join('');
  }

  test('prints a row for each fact, with a dash for what is not known', async () => {
    const lines = (await run()).split('\n');

    expect(lines[0]).toBe('rmsc04, 09:30 to 09:45, seeds 1-10: median, least and largest of 10 days');
    expect(lines.find((line) => line.startsWith('orders that traded'))).toMatch(/ [\d,]+ +[\d,]+ +[\d,]+$/);
    expect(lines.find((line) => line.startsWith('Hill index'))).toMatch(/ – +– +–   known on 0 of 10$/);
  });

  test('prints the gate, each row in or out, with what is not known', async () => {
    const lines = (await run()).split('\n');

    expect(lines.find((line) => line.startsWith('gate'))).toMatch(
      /^gate for realistic markets: \d+ of 12 rows/,
    );
    expect(lines.filter((line) => /^(in |out) /.test(line))).toHaveLength(12);
    expect(lines.find((line) => line.startsWith('    Hill index'))).toMatch(/– +– +2 to 5 +not known$/);
  });

  test('prints every day as JSON', async () => {
    const value = JSON.parse(await run('--json')) as { days: { seed: number }[] };

    expect(value).toMatchObject({
      preset: 'rmsc04',
      close: '09:45',
      range: 'least_to_largest',
      facts: { hillIndex: { median: null, days: 0 }, fills: { days: 10 } },
      gate: expect.arrayContaining([
        expect.objectContaining({ name: 'power-law tail', isIn: false }),
      ]) as unknown,
    });
    expect(value.days.map(({ seed }) => seed)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });
});
