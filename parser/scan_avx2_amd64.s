//go:build !purego

#include "go_asm.h"
#include "textflag.h"

// HIGH loads 32 octets from offset OFF of R11 into Y8 and sets, in Y9, the bit of each octet that stands for its high nibble; none above 0x7f.
#define HIGH(OFF) \
	VMOVDQU OFF(R11), Y8; \
	VPSRLW $4, Y8, Y9; \
	VPAND Y2, Y9, Y9; \
	VPSHUFB Y9, Y1, Y9

// OUTSIDE marks in OUT the octets of Y8 that are not of the class with the table IN, which says for each low nibble with which
// high ones it is in the class.
#define OUTSIDE(IN, OUT) \
	VPSHUFB Y8, IN, OUT; \
	VPAND Y9, OUT, OUT; \
	VPCMPEQB Y7, OUT, OUT

// HALF classifies the 32 octets from OFF on.
#define HALF(OFF) \
	HIGH(OFF); \
	OUTSIDE(Y0, Y10); \
	OUTSIDE(Y6, Y11); \
	VPCMPEQB Y3, Y8, Y12; \
	VPCMPEQB Y4, Y8, Y13; \
	VPCMPEQB Y5, Y8, Y14

// MASKS makes the masks of the 64 octets at R11: AX has the tchars, R13 the CRs, R14 the LFs, R15 the colons, R11 the other controls.
#define MASKS \
	HALF(0); \
	VPMOVMSKB Y10, AX; \
	VPMOVMSKB Y11, DX; \
	VPMOVMSKB Y12, R13; \
	VPMOVMSKB Y13, R14; \
	VPMOVMSKB Y14, R15; \
	HALF(32); \
	VPMOVMSKB Y10, CX; \
	SHLQ $32, CX; \
	ORQ CX, AX; \
	VPMOVMSKB Y11, CX; \
	SHLQ $32, CX; \
	LEAQ (CX)(DX*1), R11; \
	VPMOVMSKB Y12, CX; \
	SHLQ $32, CX; \
	ORQ CX, R13; \
	VPMOVMSKB Y13, CX; \
	SHLQ $32, CX; \
	ORQ CX, R14; \
	VPMOVMSKB Y14, CX; \
	SHLQ $32, CX; \
	ORQ CX, R15; \
	NOTQ AX; \
	NOTQ R11

// TARGET makes two masks of the 64 octets at R11: R9 has those that no target has, R10 the question marks.
#define TARGET \
	HIGH(0); \
	OUTSIDE(Y14, Y10); \
	VPCMPEQB Y15, Y8, Y11; \
	VPMOVMSKB Y10, R9; \
	VPMOVMSKB Y11, R10; \
	HIGH(32); \
	OUTSIDE(Y14, Y10); \
	VPCMPEQB Y15, Y8, Y11; \
	VPMOVMSKB Y10, CX; \
	SHLQ $32, CX; \
	ORQ CX, R9; \
	VPMOVMSKB Y11, CX; \
	SHLQ $32, CX; \
	ORQ CX, R10

// OFFSET appends the offset of the lowest octet in the mask DX to the lines, AT octets behind DI, and takes it off the mask.
#define OFFSET(AT) \
	TZCNTQ DX, R11; \
	BLSRQ DX, DX; \
	ADDQ BX, R11; \
	MOVW R11, AT(DI)

// func passAVX2(b []byte, p *pass, lines *hdr.Line, first *uint8)
//
// The pass that scan.go describes; twinPass in scan_twin_test.go does the same octet by octet. It has four parts:
//
//	request    the request line, if p.state says so, in the first block, and in those behind it while the target goes on
//	block      a block of the section; its first octets may be of the request line
//	special    a block in which the section ends or something is unusual
//	name       for each line of a section that has ended: which well-known name it is; for Host, whether its value is valid
//
// Where anything is unusual it stops, without a word: at refuse with nothing done, at stop with the blocks before this one.
// It reads nothing behind cap(b). Where there are not 64 octets left, they are copied to the stack first.
//
// size: one routine, since what it knows is in registers
//
// Throughout: SI is b, BX the offset of the block, DI where the next offset goes, R12 where the mask of the names goes;
// between blocks R8, R9 and R10 are 1 or 0: a line starts, LF is due, a name goes on, with the first octet of the next block.
TEXT ·passAVX2(SB), NOSPLIT, $96-48
	MOVQ b_base+0(FP), SI
	MOVQ b_len+8(FP), CX
	MOVQ b_cap+16(FP), R11
	MOVQ R11, cap-24(SP)
	MOVQ p+24(FP), R12
	LEAQ ·vectorTables(SB), AX
	VMOVDQU tables_token(AX), Y0
	VMOVDQU tables_high(AX), Y1
	VPBROADCASTD tables_nibble(AX), Y2
	VPBROADCASTD tables_cr(AX), Y3
	VPBROADCASTD tables_lf(AX), Y4
	VPBROADCASTD tables_colon(AX), Y5
	VMOVDQU tables_control(AX), Y6
	VPXOR Y7, Y7, Y7
	MOVQ lines+32(FP), DI
	LEAQ (4*(1+const_maxCount-const_passLines))(DI), R11
	MOVQ R11, limit-8(SP)
	MOVQ pass_state(R12), R8
	MOVQ $0, tail-16(SP)
	TESTQ $const_passRequest, R8
	JEQ fields

	// The request line: a token, SP, octets of a target, SP, "HTTP/1.1", CRLF. The first octet that is no tchar is the SP behind the
	// method, the first one behind it that no target has is the SP behind the target.
	XORL BX, BX
	VMOVDQU tables_target(AX), Y14
	VPBROADCASTD tables_question(AX), Y15
	MOVQ SI, R11
	CMPQ CX, $64
	JCS shortRequest
request:
	TARGET
	MASKS
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
	CMPQ DX, b_len+8(FP)
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
	XORL R8, R8
	XORL R9, R9
	XORL R10, R10
	JMP masks

	// The target goes on in the next block.
longTarget:
	// R10 is the offset of the first '?', or 64 and more when there was none yet.
	ADDQ $64, BX
	LEAQ 64(BX), R11
	CMPQ R11, b_len+8(FP)
	JHI refuse
	LEAQ (SI)(BX*1), R11
	LEAQ ·vectorTables(SB), DX
	VMOVDQU tables_target(DX), Y14
	MOVQ R10, DX
	TARGET
	XCHGQ R10, DX
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

fields:
	MOVQ pass_pos(R12), BX
	MOVQ BX, pass_base(R12)
	MOVQ pass_entries(R12), R11
	LEAQ 4(DI)(R11*2), DI
	LEAQ pass_names(R12), R12
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
	LEAQ (SI)(BX*1), R11
classify:
	MASKS
masks:
	LEAQ (R8)(R14*2), R8     // L: starts of lines
	LEAQ (R9)(R13*2), R9     // where LF has to be
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
	// Append the offsets four at a time, and forget those too many.
	POPCNTQ DX, CX
	LEAQ (DI)(CX*2), CX
offsets:
	OFFSET(0)
	OFFSET(2)
	OFFSET(4)
	OFFSET(6)
	ADDQ $8, DI
	TESTQ DX, DX
	JNE offsets
	MOVQ CX, DI
	// This block is done with.
	MOVQ R14, R8
	SHRQ $63, R8
	MOVQ R13, R9
	SHRQ $63, R9
	ADDQ $64, BX
	ADDQ $8, R12
	JMP block

	// The last block is not whole. What is behind its end counts as unusual: the pass stops unless the section ends before.
lastBlock:
	MOVQ b_len+8(FP), R11
	SUBQ BX, R11
	JEQ stop
	MOVQ $-1, DX
	SHLXQ R11, DX, R13
	MOVQ R13, tail-16(SP)
	LEAQ 64(BX), R13
	CMPQ R13, cap-24(SP)
	LEAQ (SI)(BX*1), R13
	JHI lastCopy
	MOVQ R13, R11
	JMP classify
lastCopy:
	// There are not 64 octets to read: R11 of them go to the stack.
	MOVB -1(R13)(R11*1), DX
	MOVB DX, scratch-89(SP)(R11*1)
	DECQ R11
	JNE lastCopy
	LEAQ scratch-88(SP), R11
	JMP classify

shortRequest:
	MOVQ $-1, DX
	SHLXQ CX, DX, R13
	MOVQ R13, tail-16(SP)
	CMPQ cap-24(SP), $64
	JCC request
	TESTQ CX, CX
	JEQ refuse
requestCopy:
	MOVB -1(SI)(CX*1), DX
	MOVB DX, scratch-89(SP)(CX*1)
	DECQ CX
	JNE requestCopy
	LEAQ scratch-88(SP), R11
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
	CMPQ R8, b_len+8(FP)
	JCC stop
	CMPB (SI)(R8*1), $'\n'
	JNE stop
	SHRQ $1, AX              // all before the end
	ANDQ AX, DX
	ANDQ AX, (R12)
	POPCNTQ DX, CX
	LEAQ (DI)(CX*2), CX
lastOffsets:
	OFFSET(0)
	OFFSET(2)
	OFFSET(4)
	OFFSET(6)
	ADDQ $8, DI
	TESTQ DX, DX
	JNE lastOffsets
	MOVQ CX, DI
	MOVQ p+24(FP), DX
	INCQ R8
	MOVQ R8, pass_pos(DX)
	MOVB $1, pass_done(DX)
	MOVQ lines+32(FP), R14
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
	VPBROADCASTD tables_toSigned(AX), Y10
	VPBROADCASTD tables_lastSigned(AX), Y11
	VPXOR Y13, Y13, Y13      // capitals
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
	CMPL R10, $34
	JHI longName
	MOVL $34, R9
	SUBL R10, R9
	VMOVDQU 2(SI)(R8*1), Y8
	VPADDB Y10, Y8, Y9
	VPCMPGTB Y9, Y11, Y9
	VPAND tables_ends(AX)(R9*1), Y9, Y9
	VPOR Y9, Y13, Y13
	MOVL R11, R9
	SHLL $5, R9
	VPOR tables_folds(AX)(R9*1), Y8, Y8
	VPCMPEQB tables_names(AX)(R9*1), Y8, Y8
	VPMOVMSKB Y8, R10
	XORL R9, R9
	CMPL R10, $-1
	CMOVLNE R9, R11
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
	XORL R9, R9
	VPTEST Y13, Y13
	SETNE R9
	MOVQ R9, pass_capitals(DX)
	VZEROUPPER
	RET

longName:
	VPCMPEQB Y13, Y13, Y13
	JMP nextName

	// Host, in its usual form: SP, then, in up to 31 octets, a reg-name, and perhaps ":" and up to four digits. Its CR is neither.
host:
	MOVL (R14)(BX*4), R10
	MOVWLZX R10, R8
	SHRL $16, R10
	CMPB 1(SI)(R8*1), $' '
	JNE nextName
	SUBL R8, R10
	SUBL $2, R10             // its size
	LEAQ 2(SI)(R8*1), R11
	HIGH(0)
	VMOVDQU tables_regName(AX), Y14
	VMOVDQU tables_digit(AX), Y15
	OUTSIDE(Y14, Y14)
	VPMOVMSKB Y14, R11
	TZCNTL R11, R11          // size of the reg-name, or 32
	LEAL -1(R11), R9
	CMPL R9, $30
	JHI nextName
	CMPL R10, R11
	JEQ hostOK
	ADDQ R11, R8
	CMPB 2(SI)(R8*1), $':'
	JNE nextName
	OUTSIDE(Y15, Y15)
	VPMOVMSKB Y15, R9
	SHRXL R11, R9, R9
	SHRL $1, R9
	TZCNTL R9, R9            // digits
	LEAL 1(R11)(R9*1), R11
	CMPL R11, R10
	JNE nextName
	CMPL R9, $4
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
	VZEROUPPER
	RET
