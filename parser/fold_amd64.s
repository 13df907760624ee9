//go:build !purego

#include "go_asm.h"
#include "textflag.h"

// FOLD makes, in OUT, the 32 octets at P with the capitals lowered of which R11 has the bit.
#define FOLD(P, OUT) \
	VMOVQ R11, X8; \
	VPBROADCASTD X8, Y8; \
	VPSHUFB Y0, Y8, Y8; \
	VPAND Y1, Y8, Y8; \
	VPCMPEQB Y1, Y8, Y8; \
	VMOVDQU P, OUT; \
	VPADDB Y2, OUT, Y9; \
	VPCMPGTB Y9, Y3, Y9; \
	VPAND Y8, Y9, Y9; \
	VPAND Y4, Y9, Y9; \
	VPOR Y9, OUT, OUT

// func foldAVX2(b []byte, base int, names *uint64, t *tables)
//
// It goes by 32 octets from base on. The last 32 octets of b come apart from those, with bits from two words of the masks. They are
// read first and written last, since they overlap those before. The twin is Index.Fold of hdr.
TEXT ·foldAVX2(SB), NOSPLIT, $0-48
	MOVQ b_base+0(FP), SI
	MOVQ b_len+8(FP), CX
	MOVQ base+24(FP), BX
	MOVQ names+32(FP), DX
	MOVQ t+40(FP), AX
	VMOVDQU tables_spread(AX), Y0
	VMOVDQU tables_bits(AX), Y1
	VPBROADCASTD tables_toSigned(AX), Y2
	VPBROADCASTD tables_lastSigned(AX), Y3
	VPBROADCASTD tables_caseBit(AX), Y4
	SUBQ $32, CX             // where the last 32 octets start
	MOVQ CX, R9
	SUBQ BX, R9
	MOVQ R9, R10
	SHRQ $5, R10
	MOVQ (DX)(R10*4), R11
	ANDL $31, R9
	SHRXQ R9, R11, R11
	FOLD((SI)(CX*1), Y10)
	JMP more
loop:
	MOVL (DX), R11
	FOLD((SI)(BX*1), Y11)
	VMOVDQU Y11, (SI)(BX*1)
	ADDQ $4, DX
	ADDQ $32, BX
more:
	CMPQ BX, CX
	JLT loop
	VMOVDQU Y10, (SI)(CX*1)
	VZEROUPPER
	RET

// func foldAVX512(b []byte, base int, names *uint64, t *tables)
//
// Blocks are written whole, as 64 octets from base on. The last 64 octets of b come apart from those: their bits are in the masks of two
// blocks. They are read first and written last, since they overlap the block before. The twin is Index.Fold of hdr.
TEXT ·foldAVX512(SB), NOSPLIT, $0-48
	MOVQ b_base+0(FP), SI
	MOVQ b_len+8(FP), CX
	MOVQ base+24(FP), BX
	MOVQ names+32(FP), DX
	MOVQ t+40(FP), AX
	VPBROADCASTD tables_capitalA(AX), Z16
	VPBROADCASTD tables_letterCount(AX), Z17
	VPBROADCASTD tables_caseBit(AX), Z18
	MOVQ CX, R9
	SUBQ BX, R9
	MOVQ R9, R8
	SHRQ $6, R8              // whole blocks
	MOVQ (DX)(R8*8), R10     // the names in the last block
	MOVQ R9, R11
	NEGQ R11
	SHLXQ R11, R10, R10      // as they are in the last 64 octets
	XORL R12, R12
	TESTQ R8, R8
	JEQ one
	SHRXQ R9, -8(DX)(R8*8), R12
one:
	ORQ R12, R10
	KMOVQ R10, K1
	VMOVDQU64 -64(SI)(CX*1), Z20
	VPSUBB Z16, Z20, Z21
	VPCMPUB $1, Z17, Z21, K1, K2
	VPADDB Z18, Z20, K2, Z20
	ADDQ SI, BX
	LEAQ (DX)(R8*8), R8
	CMPQ DX, R8
	JEQ lastBlock
block:
	KMOVQ (DX), K1
	VMOVDQU64 (BX), Z22
	VPSUBB Z16, Z22, Z23
	VPCMPUB $1, Z17, Z23, K1, K2
	VPADDB Z18, Z22, K2, Z22
	VMOVDQU64 Z22, (BX)
	ADDQ $64, BX
	ADDQ $8, DX
	CMPQ DX, R8
	JNE block
lastBlock:
	VMOVDQU64 Z20, -64(SI)(CX*1)
	RET
