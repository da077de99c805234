/** A virtual machine size of Azure, as far as its public description matters here. */
export type VmSize = {
  readonly name: string;
  /** As quotas name it. */
  readonly family: string;
  readonly vCpus: number;
  readonly gpus: number;
  readonly memoryGb: number;
  /** Temporary disk. */
  readonly diskMb: number;
};

type Row = readonly [size: string, vCpus: number, memoryGb: number, diskGb: number, gpus?: number];

/** The sizes by their families (documented). A node here is a share of this machine whatever its size says. */
const FAMILIES: readonly (readonly [family: string, sizes: readonly Row[]])[] = [
  [
    'Standard D Family',
    [
      ['Standard_D1', 1, 3.5, 50],
      ['Standard_D2', 2, 7, 100],
      ['Standard_D3', 4, 14, 200],
      ['Standard_D4', 8, 28, 400],
      ['Standard_D11', 2, 14, 100],
      ['Standard_D12', 4, 28, 200],
      ['Standard_D13', 8, 56, 400],
      ['Standard_D14', 16, 112, 800],
    ],
  ],
  [
    'Standard Dv2 Family',
    [
      ['Standard_D1_v2', 1, 3.5, 50],
      ['Standard_D2_v2', 2, 7, 100],
      ['Standard_D3_v2', 4, 14, 200],
      ['Standard_D4_v2', 8, 28, 400],
      ['Standard_D5_v2', 16, 56, 800],
      ['Standard_D11_v2', 2, 14, 100],
      ['Standard_D12_v2', 4, 28, 200],
      ['Standard_D13_v2', 8, 56, 400],
      ['Standard_D14_v2', 16, 112, 800],
    ],
  ],
  [
    'Standard DSv2 Family',
    [
      ['Standard_DS1_v2', 1, 3.5, 7],
      ['Standard_DS2_v2', 2, 7, 14],
      ['Standard_DS3_v2', 4, 14, 28],
      ['Standard_DS4_v2', 8, 28, 56],
      ['Standard_DS5_v2', 16, 56, 112],
      ['Standard_DS11_v2', 2, 14, 28],
      ['Standard_DS12_v2', 4, 28, 56],
      ['Standard_DS13_v2', 8, 56, 112],
      ['Standard_DS14_v2', 16, 112, 224],
    ],
  ],
  [
    'Standard DSv3 Family',
    [
      ['Standard_D2s_v3', 2, 8, 16],
      ['Standard_D4s_v3', 4, 16, 32],
      ['Standard_D8s_v3', 8, 32, 64],
      ['Standard_D16s_v3', 16, 64, 128],
      ['Standard_D32s_v3', 32, 128, 256],
      ['Standard_D48s_v3', 48, 192, 384],
      ['Standard_D64s_v3', 64, 256, 512],
    ],
  ],
  [
    'Standard Dv3 Family',
    [
      ['Standard_D2_v3', 2, 8, 50],
      ['Standard_D4_v3', 4, 16, 100],
      ['Standard_D8_v3', 8, 32, 200],
      ['Standard_D16_v3', 16, 64, 400],
      ['Standard_D32_v3', 32, 128, 800],
      ['Standard_D64_v3', 64, 256, 1600],
    ],
  ],
  [
    'Standard DDSv4 Family',
    [
      ['Standard_D2ds_v4', 2, 8, 75],
      ['Standard_D4ds_v4', 4, 16, 150],
      ['Standard_D8ds_v4', 8, 32, 300],
      ['Standard_D16ds_v4', 16, 64, 600],
      ['Standard_D32ds_v4', 32, 128, 1200],
    ],
  ],
  [
    'Standard EDSv4 Family',
    [
      ['Standard_E2ds_v4', 2, 16, 75],
      ['Standard_E4ds_v4', 4, 32, 150],
      ['Standard_E8ds_v4', 8, 64, 300],
      ['Standard_E16ds_v4', 16, 128, 600],
      ['Standard_E32ds_v4', 32, 256, 1200],
    ],
  ],
  [
    'Standard FSv2 Family',
    [
      ['Standard_F2s_v2', 2, 4, 16],
      ['Standard_F4s_v2', 4, 8, 32],
      ['Standard_F8s_v2', 8, 16, 64],
      ['Standard_F16s_v2', 16, 32, 128],
      ['Standard_F32s_v2', 32, 64, 256],
      ['Standard_F64s_v2', 64, 128, 512],
      ['Standard_F72s_v2', 72, 144, 576],
    ],
  ],
  [
    'Standard NC Family',
    [
      ['Standard_NC6', 6, 56, 340, 1],
      ['Standard_NC12', 12, 112, 680, 2],
      ['Standard_NC24', 24, 224, 1440, 4],
    ],
  ],
  [
    'Standard NCSv3 Family',
    [
      ['Standard_NC6s_v3', 6, 112, 736, 1],
      ['Standard_NC12s_v3', 12, 224, 1474, 2],
      ['Standard_NC24s_v3', 24, 448, 2948, 4],
      ['Standard_NC24rs_v3', 24, 448, 2948, 4],
    ],
  ],
  [
    'Standard NCASv3_T4 Family',
    [
      ['Standard_NC4as_T4_v3', 4, 28, 180, 1],
      ['Standard_NC8as_T4_v3', 8, 56, 360, 1],
      ['Standard_NC16as_T4_v3', 16, 110, 360, 1],
      ['Standard_NC64as_T4_v3', 64, 440, 2880, 4],
    ],
  ],
  ['Standard NDASv4_A100 Family', [['Standard_ND96asr_v4', 96, 900, 6000, 8]]],
];

/** Every known size, by family, then by number of cores. */
export const VM_SIZES: readonly VmSize[] = FAMILIES.flatMap(([family, sizes]) =>
  sizes.map(([name, vCpus, memoryGb, diskGb, gpus = 0]) => ({
    name,
    family,
    vCpus,
    gpus,
    memoryGb,
    diskMb: diskGb * 1024,
  })),
);

/** A size by its name in any casing. */
export function vmSizeOf(name: string): VmSize | undefined {
  return VM_SIZES.find((size) => size.name.toLowerCase() === name.toLowerCase());
}
