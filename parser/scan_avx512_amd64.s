//go:build !purego

#include "go_asm.h"
#include "textflag.h"

// CLASSIFY looks up the class of every octet of Z24 and leaves it in Z25. The table is for the low seven bits; bit 7, of obs-text, is put
// into the class as it is.
#define CLASSIFY \
	VMOVDQA64 Z24, Z25; \
	VPERMI2B Z17, Z16, Z25; \
	VPTERNLOGQ $0xf8, Z21, Z24, Z25

// MASKS makes the masks of a block: AX has the tchars, R13 the CRs, R14 the LFs, R15 the colons, R11 the other controls.
#define MASKS \
	VPTESTNMB Z22, Z25, K1; \
	VPCMPEQB Z18, Z24, K2; \
	VPCMPEQB Z19, Z24, K3; \
	VPCMPEQB Z20, Z24, K4; \
	VPCMPEQB Z23, Z25, K5; \
	KMOVQ K1, AX; \
	KMOVQ K2, R13; \
	KMOVQ K3, R14; \
	KMOVQ K4, R15; \
	KMOVQ K5, R11

// LINES appends the offsets of the octets in the mask DX to the lines.
#define LINES \
	KMOVQ DX, K1; \
	VPCOMPRESSB.Z Z27, K1, Z29; \
	VPMOVZXBW Y29, Z29; \
	VPADDW Z28, Z29, Z29; \
	VMOVDQU64 Z29, (DI); \
	POPCNTQ DX, DX; \
	LEAQ (DI)(DX*2), DI

// func passAVX512(b []byte, p *pass, lines *hdr.Line, first *uint8, t *tables)
//
// The pass that scan.go describes; twinPass in scan_twin_test.go does the same octet by octet. It has four parts:
//
//	request    the request line, if p.state says so, in the first block, and in those behind it while the target goes on
//	block      a block of the section; its first octets may be the end of the request line
//	special    a block in which the section ends or something is unusual
//	name       for each line of a section that has ended: which well-known name it is; for Host, whether its value is valid
//
// Where anything is unusual it stops, without a word: at refuse with nothing done, at stop with the blocks before this one.
// It reads nothing behind cap(b). Where there are not 64 octets left, masked loads fill up with NUL.
// Of the vector registers it uses those from 16 on alone, so that it needs no VZEROUPPER.
//
// size: one routine, since what it knows is in registers
//
// Throughout: SI is b, BX the offset of the block, DI where the next offset goes, R12 where the mask of the names goes;
// between blocks R8, R9 and R10 are 1 or 0: a line starts, LF is due, a name goes on, with the first octet of the next block.
TEXT ·passAVX512(SB), NOSPLIT, $24-56
	MOVQ b_base+0(FP), SI
	MOVQ b_len+8(FP), CX
	MOVQ b_cap+16(FP), R11
	MOVQ R11, cap-24(SP)
	MOVQ t+48(FP), AX
	MOVQ p+24(FP), R12
	VMOVDQU64 tables_class(AX), Z16
	VMOVDQU64 tables_class+64(AX), Z17
	VPBROADCASTD tables_notASCII(AX), Z21
	VPBROADCASTD tables_notToken(AX), Z22
	VPBROADCASTD tables_cr(AX), Z18
	VPBROADCASTD tables_lf(AX), Z19
	VPBROADCASTD tables_colon(AX), Z20
	VPBROADCASTD tables_isControl(AX), Z23
	VPBROADCASTD tables_step(AX), Z26
	VMOVDQU64 tables_numbers(AX), Z27
	MOVQ lines+32(FP), DI
	LEAQ (4*(const_maxCount-const_passLines))(DI), R11
	MOVQ R11, limit-8(SP)
	MOVQ pass_state(R12), R8
	MOVQ $0, tail-16(SP)
	TESTQ $const_passRequest, R8
	JEQ fields

	// The request line: a token, SP, octets of a target, SP, "HTTP/1.1", CRLF. The first octet that is no tchar is the SP behind the
	// method, the first one behind it that no target has is the SP behind the target.
	XORL BX, BX
	VPXORQ X28, X28, X28
	VPBROADCASTD tables_notTarget(AX), Z30
	VPBROADCASTD tables_question(AX), Z31
	CMPQ CX, $64
	JCS shortRequest
	VMOVDQU64 (SI), Z24
request:
	CLASSIFY
	VPTESTMB Z30, Z25, K6
	VPCMPEQB Z31, Z24, K7
	MASKS
	KMOVQ K6, R9             // where a target ends
	KMOVQ K7, R10            // where a query starts
	MOVQ AX, R8
	NOTQ R8
	TZCNTQ R8, R8            // size of the method
	LEAQ -1(R8), DX
	CMPQ DX, $(const_MethodSize-1)
	JHI refuse
	CMPQ R8, CX
	JCC refuse
	CMPB (SI)(R8*1), $' '
	JNE refuse
	MOVQ $-2, DX
	SHLXQ R8, DX, DX         // what is behind it
	INCQ R8                  // offset of the target
	ANDQ DX, R10
	TZCNTQ R10, R10
	ANDQ DX, R9
	JEQ longTarget
	TZCNTQ R9, R9
targetEnd:
	CMPQ R9, R8
	JEQ refuse               // an empty target
	LEAQ 11(R9), DX          // offset of the first field line
	CMPQ DX, CX
	JHI refuse
	MOVQ $0x312e312f50545448, R12 // "HTTP/1.1"
	CMPQ R12, 1(SI)(R9*1)
	JNE refuse
	CMPB (SI)(R9*1), $' '
	JNE refuse
	CMPW 9(SI)(R9*1), $0x0a0d
	JNE refuse
	MOVQ p+24(FP), R12
	MOVQ R8, pass_target(R12)
	CMPQ R10, R9
	LEAQ 1(R10), R10
	MOVL $0, R8
	CMOVQCC R8, R10          // no '?' before the end
	MOVQ R10, pass_query(R12)
	MOVQ DX, pass_start(R12)
	MOVQ DX, pass_pos(R12)
	CMPQ DX, $64
	JCC farFields
	// The first field line starts in this block: what is before it does not count. A line starts at its offset (DX), no name goes on.
	MOVQ $0, pass_base(R12)
	LEAQ pass_names(R12), R12
	MOVQ $-1, R8
	SHLXQ DX, R8, R8
	ANDQ R8, AX
	ANDQ R8, R13
	ANDQ R8, R14
	ANDQ R8, R15
	ANDQ R8, R11
	MOVL $1, R8
	SHLXQ DX, R8, R8
	LEAQ (R8)(R14*2), R8
	LEAQ (R13)(R13*1), R9
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
	VPTESTMB Z30, Z25, K6
	VPCMPEQB Z31, Z24, K7
	KMOVQ K6, R9
	KMOVQ K7, DX
	TZCNTQ DX, DX
	ADDQ BX, DX
	CMPQ R10, BX
	CMOVQEQ DX, R10          // none in the blocks before
	TESTQ R9, R9
	JEQ longTarget
	TZCNTQ R9, R9
	ADDQ BX, R9
	JMP targetEnd

	// The first field line starts in a later block, which becomes the first of the section.
farFields:
	MOVL $1, R8

fields:
	MOVQ pass_pos(R12), BX
	MOVQ BX, pass_base(R12)
	MOVQ pass_entries(R12), R11
	LEAQ (DI)(R11*2), DI
	LEAQ pass_names(R12), R12
	VPBROADCASTW BX, Z28
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
	CMPQ R11, CX
	JHI lastBlock
	VMOVDQU64 (SI)(BX*1), Z24
classify:
	CLASSIFY
	MASKS
	LEAQ (R8)(R14*2), R8     // L: starts of lines
	LEAQ (R9)(R13*2), R9     // where LF has to be
masks:
	// R11 collects what is unusual: controls, octets behind the end, and CR and LF that do not belong together.
	XORQ R14, R9
	ORQ tail-16(SP), R11
	ORQ R9, R11
	// Add the starts of names (R9) to the tchars: the carry runs through each name and comes out at its end.
	LEAQ (R8)(R10*1), R9
	MOVQ R9, DX
	ADDQ AX, DX
	SETCS R10
	ANDNQ DX, AX, DX         // E: ends of names
	MOVQ DX, AX
	SUBQ R9, AX              // the octets from each start to its end: those of names
	MOVQ AX, (R12)
	// A name ends at a colon that is not at the start of its line; at the end of the section there is CR in its place.
	ANDNQ R15, R8, R15
	ANDQ R13, R8             // END
	ORQ R8, R15
	ANDNQ DX, R15, R15       // ends of names that are none
	ORQ R15, R11
	ORQ R13, DX              // E | CR
	MOVQ R11, AX
	ORQ R8, AX
	JNE special
	LINES
	// This block is done with.
	MOVQ R14, R8
	SHRQ $63, R8
	MOVQ R13, R9
	SHRQ $63, R9
	VPADDW Z26, Z28, Z28
	ADDQ $64, BX
	ADDQ $8, R12
	JMP block

	// The last block is not whole. What is behind its end counts as unusual: the pass stops unless the section ends before.
lastBlock:
	MOVQ CX, R11
	SUBQ BX, R11
	JEQ stop
	MOVQ $-1, DX
	SHLXQ R11, DX, R13
	MOVQ R13, tail-16(SP)
	LEAQ 64(BX), R13
	CMPQ R13, cap-24(SP)
	JHI lastLoad
	VMOVDQU64 (SI)(BX*1), Z24
	JMP classify
lastLoad:
	BZHIQ R11, DX, DX
	KMOVQ DX, K7
	VMOVDQU8.Z (SI)(BX*1), K7, Z24
	JMP classify

shortRequest:
	MOVQ $-1, DX
	SHLXQ CX, DX, R13
	MOVQ R13, tail-16(SP)
	CMPQ cap-24(SP), $64
	JCS shortLoad
	VMOVDQU64 (SI), Z24
	JMP request
shortLoad:
	BZHIQ CX, DX, DX
	KMOVQ DX, K7
	VMOVDQU8.Z (SI), K7, Z24
	JMP request

	// What is unusual before the end of the section counts, what is behind it does not.
special:
	TESTQ R8, R8
	JEQ stop
	BLSMSKQ R8, AX
	TESTQ AX, R11
	JNE stop
	TZCNTQ R8, R8
	LEAQ 1(BX)(R8*1), R8
	CMPQ R8, CX
	JCC stop
	CMPB (SI)(R8*1), $'\n'
	JNE stop
	SHRQ $1, AX              // all before the end
	ANDQ AX, DX
	ANDQ AX, (R12)
	LINES
	MOVQ p+24(FP), DX
	INCQ R8
	MOVQ R8, pass_pos(DX)
	MOVB $1, pass_done(DX)
	MOVQ lines+32(FP), R14
	MOVQ DI, AX
	SUBQ R14, AX
	SHRQ $1, AX
	MOVQ AX, pass_entries(DX)
	ADDQ $64, R8
	CMPQ R8, cap-24(SP)
	JHI refuse               // no room to read 64 octets of a name or of Host
	MOVB $1, pass_noted(DX)

	// The names. R14 is the line in hand, DI the end of the lines, R8 where the line starts, BX its number. The hash of
	// nameSlot gives the one name that it can be, which is then compared in full, filled up with NUL, in lower case. Nothing
	// depends on it but ID 0 (Unknown) for a name that is another: it takes no branch.
	MOVQ t+48(FP), AX
	MOVQ first+40(FP), R12
	MOVQ pass_start(DX), R8
	VPBROADCASTD tables_capitalA(AX), Y18
	VPBROADCASTD tables_letterCount(AX), Y19
	VPBROADCASTD tables_caseBit(AX), Y20
	XORL BX, BX
	XORL R13, R13            // seen
	XORL R15, R15            // repeated
	MOVL $-1, CX
	KXORD K4, K4, K4         // capitals
	CMPQ R14, DI
	JCC named
name:
	MOVWLZX (R14), R10
	MOVL -4(SI)(R10*1), R11
	MOVBLZX (SI)(R8*1), R9
	ORL $0x20202020, R11
	ANDL $31, R9
	SUBL R8, R10             // size
	LEAL (R11)(R10*8), R11
	LEAL (R11)(R9*4), R11
	IMUL3L $const_nameFactor, R11, R11
	SHRL $24, R11
	MOVBLZX tables_slots(AX)(R11*1), R11
	BZHIL R10, CX, R9
	KMOVD R9, K1
	VMOVDQU64 (SI)(R8*1), Y24
	VMOVDQU8.Z Y24, K1, Y24
	VPSUBB Y18, Y24, Y25
	VPCMPUB $1, Y19, Y25, K2
	VPADDB Y20, Y24, K2, Y24
	KORD K2, K4, K4
	CMPL R10, $32
	JHI longName
	MOVL R11, R9
	SHLL $5, R9
	VPCMPEQB tables_names(AX)(R9*1), Y24, K3
	XORL R9, R9
	KORTESTD K3, K3
	CMOVLCC R9, R11
	// Set the bit in seen. If it was set before, set it in repeated.
	MOVL $1, R10
	SHLXQ R11, R10, R10
	BTSQ R11, R13
	CMOVLCC R11, R9          // 0, which is nobody's, if it was seen before
	MOVB BX, (R12)(R9*1)
	SBBQ R9, R9
	ANDQ R10, R9
	ORQ R9, R15
	CMPL R11, $const_hostID
	JEQ host
nextName:
	MOVWLZX 2(R14), R8
	ADDL $2, R8
	INCL BX
	ADDQ $4, R14
	CMPQ R14, DI
	JCS name
named:
	ANDQ $-2, R13            // Unknown is not seen
	ANDQ $-2, R15
	MOVQ R13, pass_seen(DX)
	MOVQ R15, pass_repeated(DX)
	KMOVD K4, pass_capitals(DX)
	RET

longName:
	KMOVD CX, K4
	JMP nextName

	// Host, in its usual form: SP, then, in up to 64 octets, a reg-name, and perhaps ":" and up to four digits.
host:
	MOVL (R14), R10
	MOVWLZX R10, R8
	SHRL $16, R10
	CMPB 1(SI)(R8*1), $' '
	JNE nextName
	ADDQ $2, R8              // where it starts
	SUBQ R8, R10             // its size
	LEAQ -1(R10), R9
	CMPQ R9, $63
	JHI nextName
	MOVQ $-1, R9
	BZHIQ R10, R9, R9
	KMOVQ R9, K1
	VMOVDQU64 (SI)(R8*1), Z24
	CLASSIFY
	VPBROADCASTD tables_notRegName(AX), Z30
	VPBROADCASTD tables_notDigit(AX), Z31
	VPTESTMB Z30, Z25, K1, K2
	VPTESTMB Z31, Z25, K1, K3
	KMOVQ K2, R11
	KMOVQ K3, R9
	TESTQ R11, R11
	JEQ hostOK
	TZCNTQ R11, R11
	TESTQ R11, R11
	JEQ nextName
	ADDQ R11, R8
	CMPB (SI)(R8*1), $':'
	JNE nextName
	SHRXQ R11, R9, R9
	CMPQ R9, $1              // the ':' and no other
	JNE nextName
	SUBQ R11, R10
	CMPQ R10, $5
	JHI nextName
hostOK:
	MOVB $1, pass_hostOK(DX)
	JMP nextName

	// Give up the block in hand.
stop:
	MOVQ p+24(FP), DX
	MOVQ lines+32(FP), R12
	SUBQ R12, DI
	SHRQ $1, DI
	MOVQ DI, pass_entries(DX)
	CMPQ BX, pass_pos(DX)
	JLS refuse               // the first block has the request line in it
	MOVQ BX, pass_pos(DX)
refuse:
	RET
