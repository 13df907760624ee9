//go:build !purego

#include "go_asm.h"
#include "textflag.h"

// func passVector(b []byte, p *pass, lines *hdr.Line, first *uint8)
TEXT ·passVector(SB), NOSPLIT, $0-48
	CMPB ·usedPath(SB), $const_pathAVX512
	JEQ wide
	JMP ·passAVX2(SB)
wide:
	JMP ·passAVX512(SB)

// CLASSIFY looks up the class of every octet of Z24 and leaves it in Z25. The table is for the low seven bits; bit 7, of obs-text, is put
// into the class as it is.
#define CLASSIFY \
	VMOVDQA64 Z24, Z25; \
	VPERMI2B Z17, Z16, Z25; \
	VPTERNLOGQ $0xf8, Z21, Z24, Z25

// MASKS makes the masks of a block: AX has the tchars, R13 the CRs, R14 the LFs, R15 the colons, R11 the other controls, K6 the capitals.
#define MASKS \
	VPTESTNMB Z22, Z25, K1; \
	VPCMPEQB Z18, Z24, K2; \
	VPCMPEQB Z19, Z24, K3; \
	VPCMPEQB Z20, Z24, K4; \
	VPCMPEQB Z23, Z25, K5; \
	VPTESTMB Z26, Z25, K6; \
	KMOVQ K1, AX; \
	KMOVQ K2, R13; \
	KMOVQ K3, R14; \
	KMOVQ K4, R15; \
	KMOVQ K5, R11

// LINES appends the offsets of the octets in the mask DX to the lines. VPCOMPRESSB would wait for what was in its destination before, if that were
// not cleared.
#define LINES \
	KMOVQ DX, K1; \
	VPXORQ X29, X29, X29; \
	VPCOMPRESSB.Z Z27, K1, Z29; \
	VPMOVZXBW Y29, Z29; \
	VPADDW Z28, Z29, Z29; \
	VMOVDQU64 Z29, (DI); \
	POPCNTQ DX, DX; \
	LEAQ (DI)(DX*2), DI

// OFFSET appends the offset of the lowest octet in the mask DX to the lines, AT octets behind DI, and takes it off the mask.
#define OFFSET(AT) \
	TZCNTQ DX, R11; \
	BLSRQ DX, DX; \
	ADDQ BX, R11; \
	MOVW R11, AT(DI)

// func passAVX512(b []byte, p *pass, lines *hdr.Line, first *uint8)
//
// The pass that scan.go describes; twinPass in scan_twin_test.go does the same octet by octet. It has four parts:
//
//	request    the request line, if p.state says so, in the first block, and in those behind it while the target goes on
//	block      a block of the section; its first octets may be of the request line
//	special    a block in which the section ends or something is unusual
//	name       for each line of a section that has ended: which well-known name it is; for Host, whether its value is valid
//
// Where anything is unusual it stops, without a word: at refuse with nothing done, at stop with the blocks before this one.
// It reads nothing behind len(b) until the section has ended: masked loads fill the last block up with NUL, which is unusual. The names and Host
// are read as 32 and 64 octets, if cap(b) has them.
// Of the vector registers it uses those from 16 on alone, so that it needs no VZEROUPPER.
//
// size: one routine, since what it knows is in registers
//
// Throughout: SI is b, BX the offset of the block, DI where the next offset goes, R12 where the mask of the names goes, CX the capitals in names;
// between blocks R8, R9 and R10 are 1 or 0: a line starts, LF is due, a name goes on, with the first octet of the next block.
TEXT ·passAVX512(SB), NOSPLIT, $8-48
	MOVQ b_base+0(FP), SI
	MOVQ b_len+8(FP), CX
	MOVQ p+24(FP), R12
	MOVQ lines+32(FP), DI
	LEAQ ·vectorTables(SB), AX
	VMOVDQU64 tables_class(AX), Z16
	VMOVDQU64 tables_class+64(AX), Z17
	VPBROADCASTD tables_notASCII(AX), Z21
	VPBROADCASTD tables_notToken(AX), Z22
	VPBROADCASTD tables_cr(AX), Z18
	VPBROADCASTD tables_lf(AX), Z19
	VPBROADCASTD tables_colon(AX), Z20
	VPBROADCASTD tables_isControl(AX), Z23
	VPBROADCASTD tables_isCapital(AX), Z26
	VMOVDQU64 tables_numbers(AX), Z27
	LEAQ (4*(1+const_maxCount-const_passLines))(DI), R11
	MOVQ R11, limit-8(SP)
	MOVQ pass_state(R12), R8
	TESTQ $const_passRequest, R8
	JEQ fields

	// The request line: a token, SP, octets of a target, SP, "HTTP/1.1", CRLF. The first octet that is no tchar is the SP behind the
	// method, the first one behind it that no target has is the SP behind the target.
	XORL BX, BX
	VPBROADCASTD tables_notTarget(AX), Z30
	VPBROADCASTD tables_question(AX), Z31
	CMPQ CX, $64
	JCS shortRequest
	VMOVDQU64 (SI), Z24
request:
	CLASSIFY
	VPTESTMB Z30, Z25, K7
	VPCMPEQB Z31, Z24, K0
	MASKS
	KMOVQ K7, R9             // where a target ends
	KMOVQ K0, R10            // where a query starts
	MOVQ AX, R8
	NOTQ R8
	TZCNTQ R8, R8            // size of the method
	MOVQ $-2, DX
	SHLXQ R8, DX, DX         // what is behind it
	ANDQ DX, R10
	TZCNTQ R10, R10
	ANDQ DX, R9
	JEQ longTarget
	TZCNTQ R9, R9
targetEnd:
	LEAQ 11(R9), DX          // offset of the first field line
	CMPQ DX, CX
	JHI refuse
	LEAQ -1(R8), CX
	CMPQ CX, $(const_MethodSize-1)
	JHI refuse
	CMPB (SI)(R8*1), $' '
	JNE refuse
	INCQ R8                  // offset of the target
	CMPQ R9, R8
	JEQ refuse               // an empty target
	MOVQ $0x2e312f5054544820, CX // " HTTP/1."
	CMPQ CX, (SI)(R9*1)
	JNE refuse
	MOVQ $0x0a0d312e312f5054, CX // "TP/1.1" CR LF
	CMPQ CX, 3(SI)(R9*1)
	JNE refuse
	MOVQ R8, pass_target(R12)
	XORL CX, CX
	LEAQ 1(R10), R8
	CMPQ R10, R9
	CMOVQCC CX, R8           // no '?' before the end
	MOVQ R8, pass_query(R12)
	MOVQ DX, pass_start(R12)
	MOVQ DX, pass_pos(R12)
	MOVQ BX, pass_base(R12)
	// What is left of this block is like the end of a field line: the CR of the request line is the first offset, behind its LF starts a line.
	ADDQ $2, DI
	LEAQ pass_names(R12), R12
	VPBROADCASTW BX, Z28
	XORL R8, R8
	XORL R9, R9
	XORL R10, R10
	JMP masks

	// The target goes on in the next block.
longTarget:
	// R10 is the offset of the first '?', or 64 and more when there was none yet.
	ADDQ $64, BX
	LEAQ 64(BX), R11
	CMPQ R11, CX
	JHI refuse
	VMOVDQU64 (SI)(BX*1), Z24
	CLASSIFY
	VPTESTMB Z30, Z25, K7
	VPCMPEQB Z31, Z24, K0
	KMOVQ K7, R9
	KMOVQ K0, DX
	TZCNTQ DX, DX
	ADDQ BX, DX
	CMPQ R10, BX
	CMOVQEQ DX, R10          // none in the blocks before
	TESTQ R9, R9
	JEQ longTarget
	MASKS
	TZCNTQ R9, R9
	ADDQ BX, R9
	JMP targetEnd

shortRequest:
	MOVQ $-1, DX
	BZHIQ CX, DX, DX
	KMOVQ DX, K7
	VMOVDQU8.Z (SI), K7, Z24
	JMP request

fields:
	MOVQ pass_pos(R12), BX
	MOVQ BX, pass_base(R12)
	MOVQ pass_entries(R12), R11
	LEAQ 4(DI)(R11*2), DI
	LEAQ pass_names(R12), R12
	VPBROADCASTW BX, Z28
	MOVL $1, CX              // there may be capitals in names before
	MOVQ R8, R9
	SHRQ $1, R9
	MOVQ R8, R10
	SHRQ $2, R10
	ANDL $1, R8
	ANDL $1, R9
	ANDL $1, R10
block:
	CMPQ DI, limit-8(SP)
	JHI stop
	LEAQ 64(BX), R11
	CMPQ R11, b_len+8(FP)
	JHI lastBlock
	VMOVDQU64 (SI)(BX*1), Z24
classify:
	CLASSIFY
	MASKS
masks:
	LEAQ (R8)(R14*2), R8     // L: starts of lines
	LEAQ (R9)(R13*2), R9     // where LF has to be
	// R11 collects what is unusual: controls, octets behind the end, and CR and LF that do not belong together.
	XORQ R14, R9
	ORQ R9, R11
	// Add the starts of names (R9) to the tchars: the carry runs through each name and comes out at its end.
	LEAQ (R8)(R10*1), R9
	MOVQ R9, DX
	ADDQ AX, DX
	SETCS R10
	ANDNQ DX, AX, DX         // E: ends of names
	MOVQ DX, AX
	SUBQ R9, AX              // the octets from each start to its end: those of names
	// A name ends at a colon that is not at the start of its line; at the end of the section there is CR in its place.
	ANDNQ R15, R8, R15
	ANDQ R13, R8             // END
	ORQ R8, R15
	ANDNQ DX, R15, R15       // ends of names that are none
	ORQ R15, R11
	ORQ R13, DX              // E | CR
	KMOVQ K6, R15
	ANDQ AX, R15             // capitals in names
	MOVQ R11, R9
	ORQ R8, R9
	JNE special
	ORQ R15, CX
	MOVQ AX, (R12)
	LINES
	// This block is done with.
	MOVQ R14, R8
	SHRQ $63, R8
	MOVQ R13, R9
	SHRQ $63, R9
	ADDQ $64, BX
	VPBROADCASTW BX, Z28
	ADDQ $8, R12
	JMP block

	// The last block is not whole. NUL fills it up: the pass stops unless the section ends before.
lastBlock:
	MOVQ b_len+8(FP), R11
	SUBQ BX, R11
	JEQ stop
	MOVQ $-1, DX
	BZHIQ R11, DX, DX
	KMOVQ DX, K7
	VMOVDQU8.Z (SI)(BX*1), K7, Z24
	JMP classify

	// What is unusual before the end of the section counts, what is behind it does not.
special:
	TESTQ R8, R8
	JEQ stop
	BLSMSKQ R8, R9
	TESTQ R9, R11
	JNE stop
	TZCNTQ R8, R8
	LEAQ 1(BX)(R8*1), R8
	CMPQ R8, b_len+8(FP)
	JCC stop
	CMPB (SI)(R8*1), $'\n'
	JNE stop
	SHRQ $1, R9              // all before the end
	ANDQ R9, DX
	ANDQ R9, AX
	MOVQ AX, (R12)
	ANDQ R9, R15
	ORQ R15, CX
	// The names wait for these offsets, and LINES would take three times as long until they can be read.
	POPCNTQ DX, R15
	LEAQ (DI)(R15*2), R15
offsets:
	OFFSET(0)
	OFFSET(2)
	OFFSET(4)
	OFFSET(6)
	ADDQ $8, DI
	TESTQ DX, DX
	JNE offsets
	MOVQ R15, DI
	MOVQ p+24(FP), DX
	MOVQ lines+32(FP), R14
	INCQ R8
	MOVQ R8, pass_pos(DX)
	MOVB $1, pass_done(DX)
	LEAQ -4(DI), BX
	SUBQ R14, BX
	SHRQ $1, BX
	MOVQ BX, pass_entries(DX)
	SHRQ $1, BX
	ADDQ $64, R8
	CMPQ R8, b_cap+16(FP)
	JHI refuse               // no room to read 64 octets of a name or of Host
	MOVB $1, pass_noted(DX)

	// The names, from the last to the first, which is the one that stays in first. BX is the line in hand of the lines at R14. The hash of
	// nameSlot gives the one name that it can be, which is then compared with its colon, in lower case: what table folds has makes 0xff of
	// every octet behind. Nothing depends on it but ID 0 (Unknown) for a name that is another: it takes no branch.
	LEAQ ·vectorTables(SB), AX
	MOVQ first+40(FP), R12
	XORL R13, R13            // seen
	XORL R15, R15            // repeated
	TESTQ BX, BX
	JEQ named
name:
	MOVWLZX (R14)(BX*4), R10
	MOVWLZX -2(R14)(BX*4), R8
	MOVL -4(SI)(R10*1), R11
	MOVBLZX 2(SI)(R8*1), R9
	ORL $0x20202020, R11
	ANDL $31, R9
	SUBL R8, R10             // size and 2
	LEAL -16(R11)(R10*8), R11
	LEAL (R11)(R9*4), R11
	IMUL3L $const_nameFactor, R11, R11
	SHRL $24, R11
	MOVBLZX tables_slots(AX)(R11*1), R11
	VMOVDQU64 2(SI)(R8*1), Y24
	MOVL R11, R9
	SHLL $5, R9
	VPORQ tables_folds(AX)(R9*1), Y24, Y24
	VPCMPEQB tables_names(AX)(R9*1), Y24, K3
	XORL R9, R9
	KORTESTD K3, K3
	CMOVLCC R9, R11
	MOVB BX, (R12)(R11*1)
	// Set the bit in seen. If it was set before, set it in repeated.
	MOVL $1, R10
	SHLXQ R11, R10, R10
	MOVQ R13, R9
	ANDQ R10, R9
	ORQ R10, R13
	ORQ R9, R15
	CMPL R11, $const_hostID
	JEQ host
nextName:
	DECQ BX
	JNE name
named:
	ANDQ $-2, R13            // Unknown is not seen
	ANDQ $-2, R15
	MOVQ R13, pass_seen(DX)
	MOVQ R15, pass_repeated(DX)
	MOVQ CX, pass_capitals(DX)
	RET

	// Host, in its usual form: SP, then, in up to 63 octets, a reg-name, and perhaps ":" and up to four digits. Its CR is neither.
host:
	MOVL (R14)(BX*4), R10
	MOVWLZX R10, R8
	SHRL $16, R10
	CMPB 1(SI)(R8*1), $' '
	JNE nextName
	SUBQ R8, R10
	SUBQ $2, R10             // its size
	VMOVDQU64 2(SI)(R8*1), Z24
	CLASSIFY
	VPBROADCASTD tables_notRegName(AX), Z30
	VPTESTMB Z30, Z25, K2
	KMOVQ K2, R11
	TZCNTQ R11, R11          // size of the reg-name, or 64
	LEAQ -1(R11), R9
	CMPQ R9, $62
	JHI nextName
	CMPQ R10, R11
	JEQ hostOK
	ADDQ R11, R8
	CMPB 2(SI)(R8*1), $':'
	JNE nextName
	VPBROADCASTD tables_notDigit(AX), Z31
	VPTESTMB Z31, Z25, K3
	KMOVQ K3, R9
	SHRXQ R11, R9, R9
	SHRQ $1, R9
	TZCNTQ R9, R9            // digits
	LEAQ 1(R11)(R9*1), R11
	CMPQ R11, R10
	JNE nextName
	CMPQ R9, $4
	JHI nextName
hostOK:
	MOVB $1, pass_hostOK(DX)
	JMP nextName

	// Give up the block in hand.
stop:
	MOVQ p+24(FP), DX
	CMPQ BX, pass_pos(DX)
	JLS refuse               // the first block has the request line in it
	MOVQ BX, pass_pos(DX)
	SUBQ lines+32(FP), DI
	SUBQ $4, DI
	SHRQ $1, DI
	MOVQ DI, pass_entries(DX)
refuse:
	RET
