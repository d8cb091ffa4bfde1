import { NO_TOTALS } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import { parseLine } from '../../../../apps/worker/src/claude/line.ts';
import { createMeter, type Meter } from '../../../../apps/worker/src/claude/meter.ts';

const LAUNCH = { costAtStart: 0, modelUsageAtStart: {} };
const CONTINUE = {
  costAtStart: 0.5,
  modelUsageAtStart: { sonnet: { inputTokens: 100, outputTokens: 50, cacheReadInputTokens: 7 } },
  apiDurationMsAtStart: 1000,
};

function observe(meter: Meter, ...bodies: object[]): Meter {
  for (const body of bodies) meter.observe(parseLine(JSON.stringify(body)));
  return meter;
}

function assistant(id: string, usage: object, parent: string | null = null): object {
  return { type: 'assistant', message: { id, usage }, parent_tool_use_id: parent };
}

function result(fields: object): object {
  return { type: 'result', subtype: 'success', is_error: false, ...fields };
}

describe('before a result,', () => {
  test('a meter has no spending and no result', () => {
    expect(createMeter(CONTINUE).totals()).toEqual(NO_TOTALS);
    expect(createMeter(CONTINUE).result()).toBeNull();
  });

  test('a message counts once with its last line, and messages of sub-agents add tokens but no turns', () => {
    const meter = observe(
      createMeter(LAUNCH),
      assistant('a', { input_tokens: 10, output_tokens: 1 }),
      assistant('a', { input_tokens: 10, output_tokens: 4 }),
      assistant('b', { input_tokens: 3, cache_read_input_tokens: 9 }),
      assistant('c', { input_tokens: 5, cache_creation_input_tokens: 2 }, 'toolu_1'),
    );
    expect(meter.totals()).toEqual({
      ...NO_TOTALS,
      num_turns: 2,
      input_tokens: 18,
      output_tokens: 4,
      cache_read_input_tokens: 9,
      cache_creation_input_tokens: 2,
      unpriced_tokens: 33,
    });
  });
});

describe('with result lines,', () => {
  test('turns, time and usage are added up, running totals are not, and the last line is the result', () => {
    const running = {
      total_cost_usd: 0.25,
      duration_api_ms: 90,
      modelUsage: { opus: { inputTokens: 37, outputTokens: 18 } },
    };
    const meter = observe(
      createMeter(LAUNCH),
      assistant('a', { input_tokens: 1 }),
      result({
        ...running,
        num_turns: 2,
        duration_ms: 100,
        result: 'launched',
        usage: { input_tokens: 20, output_tokens: 10 },
      }),
      result({
        ...running,
        num_turns: 1,
        duration_ms: 50,
        result: 'done',
        usage: { input_tokens: 10, output_tokens: 5 },
      }),
    );
    expect(meter.totals()).toEqual({
      cost_usd: 0.25,
      num_turns: 3,
      input_tokens: 37,
      output_tokens: 18,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      duration_api_ms: 90,
    });
    expect(meter.result()).toMatchObject({
      result: 'done',
      num_turns: 3,
      duration_ms: 150,
      total_cost_usd: 0.25,
      usage: { input_tokens: 30, output_tokens: 15 },
    });
  });

  test('a continue costs what it added to the conversation', () => {
    const meter = observe(
      createMeter(CONTINUE),
      result({
        num_turns: 1,
        total_cost_usd: 0.75,
        duration_api_ms: 1400,
        usage: { input_tokens: 999 },
        modelUsage: {
          sonnet: { inputTokens: 130, outputTokens: 60, cacheReadInputTokens: 7 },
          haiku: { inputTokens: 4 },
        },
      }),
    );
    expect(meter.totals()).toEqual({
      ...NO_TOTALS,
      cost_usd: 0.25,
      num_turns: 1,
      input_tokens: 34,
      output_tokens: 10,
      duration_api_ms: 400,
    });
    expect(meter.result()?.total_cost_usd).toBe(0.75);
  });

  test('the usage of the lines counts if there is no modelUsage', () => {
    const meter = observe(
      createMeter(LAUNCH),
      assistant('a', { input_tokens: 1 }),
      result({ num_turns: 1, usage: { input_tokens: 10 } }),
      result({ num_turns: 1, usage: { input_tokens: 5 } }),
    );
    expect(meter.totals().input_tokens).toBe(15);
  });

  test('a total lower than the total before the continue counts in full', () => {
    const meter = observe(
      createMeter(CONTINUE),
      result({
        num_turns: 1,
        total_cost_usd: 0.25,
        duration_api_ms: 90,
        modelUsage: { sonnet: { inputTokens: 20, outputTokens: 60 } },
      }),
    );
    expect(meter.totals()).toEqual({
      ...NO_TOTALS,
      cost_usd: 0.25,
      num_turns: 1,
      input_tokens: 20,
      output_tokens: 60,
      duration_api_ms: 90,
    });
  });

  test('a total that falls between two results counts before and after the fall', () => {
    const received = (total_cost_usd: number, inputTokens: number) =>
      result({ num_turns: 1, total_cost_usd, modelUsage: { sonnet: { inputTokens } } });
    const meter = observe(
      createMeter(CONTINUE),
      received(0.75, 130),
      received(0.125, 9),
      received(0.25, 12),
    );
    expect(meter.totals()).toMatchObject({ cost_usd: 0.5, num_turns: 3, input_tokens: 30 + 12 });
  });

  test('a cleared conversation counts from zero, even if its total is higher than before the clear', () => {
    const reset = { type: 'conversation_reset', trigger: 'clear' };
    const meter = observe(createMeter(CONTINUE), reset, result({ total_cost_usd: 0.75 }));
    expect(meter.totals().cost_usd).toBe(0.75);
  });

  test('a total that falls only by rounding costs nothing', () => {
    const meter = observe(
      createMeter({ costAtStart: 0.30000000000000004, modelUsageAtStart: {} }),
      result({ total_cost_usd: 0.3 }),
    );
    expect(meter.totals().cost_usd).toBe(0);
  });

  test('the counts of one model are added in full if they fell, and the counts of other models are not', () => {
    const meter = observe(
      createMeter({
        costAtStart: 0,
        modelUsageAtStart: { a: { inputTokens: 9 }, b: { inputTokens: 9 } },
      }),
      result({ modelUsage: { a: { inputTokens: 4 }, b: { inputTokens: 10 } } }),
    );
    expect(meter.totals().input_tokens).toBe(4 + 1);
  });

  test('the tokens of one model count even if another model is missing from modelUsage', () => {
    const meter = observe(
      createMeter(CONTINUE),
      result({ total_cost_usd: 0.75, modelUsage: { haiku: { inputTokens: 40 } } }),
    );
    expect(meter.totals().input_tokens).toBe(40);
  });

  test.each([-1, Number.NaN, '0.75', null])(
    'a total of %s is ignored, and the cost is estimated',
    (total) => {
      const PRICES = { opus: { input: 10, output: 100, cache_write: 12, cache_read: 1 } };
      const message = { id: 'a', model: 'opus', usage: { input_tokens: 1_000_000 } };
      const meter = observe(
        createMeter(CONTINUE, PRICES),
        { type: 'assistant', message },
        result({ total_cost_usd: total, usage: { input_tokens: 1_000_000 } }),
      );
      expect(meter.totals()).toMatchObject({
        cost_usd: 10,
        cost_estimated_usd: 10,
        input_tokens: 1_000_000,
      });
    },
  );

  test('a total of zero after a conversation with a cost adds no cost', () => {
    const meter = observe(
      createMeter(CONTINUE),
      result({
        is_error: true,
        num_turns: 0,
        total_cost_usd: 0,
        duration_api_ms: 0,
        modelUsage: {},
      }),
    );
    expect(meter.totals()).toEqual(NO_TOTALS);
  });

  test('a result with invalid fields is still the result', () => {
    const meter = observe(createMeter(LAUNCH), result({ num_turns: 'x', result: 'ok' }));
    expect(meter.result()).toEqual(result({ result: 'ok' }));
    expect(meter.totals()).toEqual(NO_TOTALS);
  });

  test('a result that is too large for a document is cut', () => {
    const meter = observe(createMeter(LAUNCH), result({ result: 'x'.repeat(2 * 1024 * 1024) }));
    expect(meter.result()?.truncated).toEqual(['result']);
  });
});

describe('a stop without a result line', () => {
  const killed = () =>
    observe(createMeter(CONTINUE), assistant('a', { input_tokens: 10, output_tokens: 1 }));

  test('costs what the transcript’s cost-state says', () => {
    const meter = killed();
    meter.settle({
      totalCostUsd: 0.625,
      apiDurationMs: 1200,
      modelUsage: { sonnet: { inputTokens: 110, outputTokens: 90, cacheReadInputTokens: 7 } },
    });
    expect(meter.totals()).toEqual({
      ...NO_TOTALS,
      cost_usd: 0.125,
      num_turns: 1,
      input_tokens: 10,
      output_tokens: 40,
      duration_api_ms: 200,
    });
  });

  test('costs the whole of a cost-state that started from zero again', () => {
    const meter = killed();
    meter.settle({ totalCostUsd: 0.125, modelUsage: { sonnet: { inputTokens: 10 } } });
    expect(meter.totals()).toMatchObject({ cost_usd: 0.125, num_turns: 1, input_tokens: 10 });
  });

  test('ignores a cost-state that is older than the last result', () => {
    const meter = observe(killed(), result({ num_turns: 1, total_cost_usd: 0.75 }));
    meter.settle({ totalCostUsd: 0.625 });
    expect(meter.totals().cost_usd).toBe(0.25);
  });

  test('costs what the meter counted if the cost-state has not changed since the start', () => {
    const meter = killed();
    meter.settle({ totalCostUsd: 0.5, modelUsage: CONTINUE.modelUsageAtStart });
    expect(meter.totals()).toEqual({
      ...NO_TOTALS,
      num_turns: 1,
      input_tokens: 10,
      output_tokens: 1,
      unpriced_tokens: 11,
    });
  });
});

describe('the cost of messages without a total', () => {
  const PRICES = { opus: { input: 10, output: 100, cache_write: 12, cache_read: 1 } };
  const MILLION = 1_000_000;

  function said(id: string, usage: object, model = 'opus'): object {
    return { type: 'assistant', message: { id, model, usage } };
  }

  function refine(meter: Meter, id: string, usage: object): Meter {
    meter.refine({ messageId: id, model: 'opus', usage, isSubAgent: false });
    return meter;
  }

  test('is estimated by the price of the model, and marked as an estimate', () => {
    const meter = observe(
      createMeter(CONTINUE, PRICES),
      said('a', { input_tokens: MILLION }),
      said('b', { output_tokens: MILLION / 10 }),
    );
    expect(meter.totals()).toMatchObject({ cost_usd: 20, cost_estimated_usd: 20 });
  });

  test('is not estimated for a model without a price, but the model’s tokens are reported', () => {
    const meter = observe(createMeter(LAUNCH, PRICES), said('a', { input_tokens: 7 }, 'other'));
    expect(meter.totals()).toEqual({
      ...NO_TOTALS,
      num_turns: 1,
      input_tokens: 7,
      unpriced_tokens: 7,
    });
  });

  test('is estimated only until a result line has the total', () => {
    const meter = observe(
      createMeter(LAUNCH, PRICES),
      said('a', { input_tokens: MILLION }),
      result({ total_cost_usd: 3, num_turns: 1, usage: { input_tokens: MILLION } }),
    );
    expect(meter.totals()).toEqual({
      ...NO_TOTALS,
      cost_usd: 3,
      num_turns: 1,
      input_tokens: MILLION,
    });
  });

  test('is estimated only until the transcript’s cost-state has the total', () => {
    const meter = observe(createMeter(LAUNCH, PRICES), said('a', { input_tokens: MILLION }));
    meter.settle({ totalCostUsd: 4, modelUsage: { opus: { inputTokens: MILLION } } });
    expect(refine(meter, 'a', { input_tokens: MILLION }).totals()).toEqual({
      ...NO_TOTALS,
      cost_usd: 4,
      num_turns: 1,
      input_tokens: MILLION,
    });
  });

  test('is estimated again after a result line, with tokens and turns', () => {
    const meter = observe(
      createMeter(LAUNCH, PRICES),
      said('a', { input_tokens: MILLION }),
      result({ total_cost_usd: 3, num_turns: 1, usage: { input_tokens: MILLION } }),
      said('b', { input_tokens: MILLION }),
    );
    expect(meter.totals()).toEqual({
      ...NO_TOTALS,
      cost_usd: 13,
      cost_estimated_usd: 10,
      num_turns: 2,
      input_tokens: 2 * MILLION,
    });
  });

  test('is estimated from the transcript’s final usage of a message, even if the transcript is read before the stream line', () => {
    const early = { input_tokens: MILLION, output_tokens: 1 };
    const final = { input_tokens: MILLION, output_tokens: MILLION };
    const late = refine(observe(createMeter(LAUNCH, PRICES), said('a', early)), 'a', final);
    const first = observe(refine(createMeter(LAUNCH, PRICES), 'a', final), said('a', early));
    for (const meter of [late, first]) {
      expect(meter.totals()).toMatchObject({
        cost_usd: 110,
        num_turns: 1,
        output_tokens: MILLION,
      });
    }
  });

  test('is also estimated for messages that only the transcript holds', () => {
    const meter = refine(createMeter(LAUNCH, PRICES), 'a', { output_tokens: MILLION });
    expect(meter.totals()).toMatchObject({ cost_usd: 100, num_turns: 1 });
  });

  test('is not estimated for transcript messages that a result already covers', () => {
    const meter = observe(
      createMeter(LAUNCH, PRICES),
      said('a', { input_tokens: MILLION }),
      result({ total_cost_usd: 3, num_turns: 1, usage: { input_tokens: MILLION } }),
    );
    const received = meter.totals();
    refine(meter, 'a', { input_tokens: MILLION, output_tokens: MILLION });
    refine(meter, 'only saved', { output_tokens: MILLION });
    expect(meter.totals()).toEqual(received);
  });
});
